"""What the pipeline knows: documents, their states, and categories of failure."""

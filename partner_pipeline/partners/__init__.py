"""Partners: one service each behind one interface, found by their code."""

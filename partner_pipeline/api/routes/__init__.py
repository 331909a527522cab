"""The routes, one module a resource: they call use cases, and show the result."""

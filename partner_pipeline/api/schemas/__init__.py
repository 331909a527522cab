"""What goes in and out of the API, in camelCase; one module a resource."""

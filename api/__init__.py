"""The edges: HTTP, command line, sign-in, processes. Nothing imports this package."""

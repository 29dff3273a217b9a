"""One file a resource. A route is a few lines: it names a command or a query, and a shape."""

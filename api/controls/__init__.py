"""What guards the books, over HTTP."""

"""What guards the books: rules that an owner sets, and that every posting must meet."""

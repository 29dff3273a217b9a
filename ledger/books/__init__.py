"""The slices of the books: each file holds the commands, events and rules of one thing, from top to bottom."""

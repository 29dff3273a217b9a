"""Everything derivable: each read model is one file with its tables, its fold and its queries."""

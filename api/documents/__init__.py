"""Documents: what can be asked of a ledger. HTTP and the command line show the same."""

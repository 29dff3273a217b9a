"""The books: pure rules, one writer, the append-only log. Only `ledger.store` knows SQL."""

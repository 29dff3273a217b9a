"""The journal in SQL, on SQLite and PostgreSQL: the only SQLAlchemy inside `ledger`."""

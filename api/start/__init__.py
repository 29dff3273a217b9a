"""Beginnings: charts of accounts, the personal ledger, and the demo books."""

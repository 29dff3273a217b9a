"""The auditor: a ledger's whole log checked again, trusting neither server, operator nor database administrator.

It stands on the pure core alone (codec, rules, tree, tiles, notes) and reads sources by its own code: nothing here
imports the service's store, its projections or its settings. `run.verify` is the way in; what it is handed to compare
the read models with (`api.audit.read_models`) is the service's own code, and the one part that is.
"""

"""Backups: one file with everything that the journal's database holds, and putting it back into an empty database.

The file is the same whichever database it comes from, so that a backup of a SQLite file can be restored into PostgreSQL
and the other way round. `docs/backup.md` describes the file and its use.
"""

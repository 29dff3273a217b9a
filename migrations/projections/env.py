"""Alembic's entry point for this branch."""

from migrations.environment import run

run()

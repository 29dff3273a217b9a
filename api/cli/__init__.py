"""`llmedger` on the command line: one file a group of commands. `app` is all of them."""

import logging
import sys

# In the order in which `--help` lists them: a group joins `app` when it is imported.
from api.cli import running, people, exchange, reading, keys, care, bench  # isort: skip
from api.cli.terminal import app
from api.serving import spare_collector

__all__ = ["app", "bench", "care", "exchange", "keys", "main", "people", "reading", "running"]


def main() -> None:
    """Entry point of the console script."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    spare_collector()
    app()

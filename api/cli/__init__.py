"""`llmedger` on the command line: one file a group of commands. `app` is all of them."""

import logging
import os
import sys

# In the order in which `--help` lists them: a group joins `app` when it is imported.
from api.cli import (  # isort: skip
    serve,
    users_and_ledgers,
    import_export,
    backup,
    audit,
    balances,
    keys,
    status_and_rebuild,
    bench,
)
from api.cli.terminal import app

__all__ = [
    "app",
    "audit",
    "backup",
    "balances",
    "bench",
    "import_export",
    "keys",
    "main",
    "serve",
    "status_and_rebuild",
    "users_and_ledgers",
]

READER_GONE = 141
"""The exit code of a program that SIGPIPE ended, as shells show it."""


def main() -> None:
    """Run the command line. This is the entry point of the console script."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        app()
    except SystemExit as end:
        sys.exit(_flushed(end))


def _flushed(end: SystemExit) -> str | int | None:
    """Return the exit code, once all that was printed is written. A reader who has gone, as `head` does, is no error to
    speak of; but nobody may take the verdict that was not read for a good one."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        return READER_GONE
    except OSError as error:
        sys.stderr.write(f"error: the output cannot be written: {error.strerror}\n")
        return 1
    return READER_GONE if isinstance(end.__context__, BrokenPipeError) else end.code

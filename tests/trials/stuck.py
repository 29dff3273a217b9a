"""Processes that are of no use. This module imports little, so that they start soon."""

import sys
import time
from pathlib import Path
from typing import Any

from api.processes.children import Pulse, let_sigterm_through


def say_nothing(_pulse: Pulse, file: Path) -> None:
    """Be stuck."""
    let_sigterm_through()
    with file.open("a") as log:
        log.write("started\n")
    time.sleep(600)


def fail_at_once(_pulse: Pulse) -> None:
    """End before anything was done."""
    sys.exit(7)


def reopen_slowly() -> Any:
    """Open a source for ever."""
    time.sleep(600)

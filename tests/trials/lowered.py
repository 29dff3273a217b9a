"""The service with other limits, so that a test need not make 100,000 accounts to go over one.

`python -m tests.trials.lowered serve`, with a JSON object in LLMEDGER_TEST_LIMITS:
`{"api.documents.changes.RECORDS_MAX": 50}`.
The default of a parameter is named with it: `ledger.sequencer.Sequencer.__init__.queue_commands_max`.
"""

import importlib
import json
import os
import sys
from typing import Any


def lower(name: str, value: Any) -> None:
    """Give a constant of a module, or the default of a parameter, another value. It must be there."""
    path, _, last = name.rpartition(".")
    if ".__init__" in path:
        module, _, cls = path.removesuffix(".__init__").rpartition(".")
        defaults = getattr(importlib.import_module(module), cls).__init__.__kwdefaults__
        assert last in defaults, name
        defaults[last] = value
    else:
        module_ = importlib.import_module(path)
        assert hasattr(module_, last), name
        setattr(module_, last, value)


def main() -> None:
    """Run `llmedger` with the arguments of this program."""
    for name, value in json.loads(os.environ["LLMEDGER_TEST_LIMITS"]).items():
        lower(name, value)
    from api.cli import main as run

    sys.argv[0] = "llmedger"
    run()


if __name__ == "__main__":
    main()

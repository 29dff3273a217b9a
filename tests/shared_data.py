"""The folder `shared` beside the repository: real journals, books and test vectors.

Where it is missing, tests that need it are skipped with the reason; with
LLMEDGER_TEST_REQUIRE_SHARED=1 (CI) they fail.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_folder() -> Path:
    """The folder. Where it is missing, skips or fails the test or module that asks."""
    if SHARED.is_dir():
        return SHARED
    reason = f"the shared folder is not at {SHARED}"
    if os.environ.get("LLMEDGER_TEST_REQUIRE_SHARED") == "1":
        pytest.fail(f"{reason}, and LLMEDGER_TEST_REQUIRE_SHARED=1 forbids to skip", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def plain_journals() -> list[Path]:
    """Every `plain.jsonl` or `plain.jsonl.gz` under `data/journals`, in order of name.

    For `@pytest.mark.parametrize("journal", plain_journals(), ids=journal_name)`; the expected
    balances lie beside it.
    """
    journals = sorted((shared_folder() / "data" / "journals").glob("*/plain.jsonl*"))
    assert journals, f"no journal under {SHARED / 'data' / 'journals'}"
    return journals


def journal_name(journal: Path) -> str:
    """The folder's name, which is how the index calls the journal."""
    return journal.parent.name

"""What the audit page prints is run as it stands there; its program must find our root, and a change of a character."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.audit.report import FindingKind, Name
from api.shapes.log import make_event_line
from tests.audited import assert_fine, audited, rich_books
from tests.builders import transfer
from tests.stores import Store, outsider

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


async def test_a_stranger_recomputes_the_root(store: Store) -> None:
    books = await store.books()
    for number in range(1, 6):
        await books.submit(transfer(f"{number}.00"))
    ledger = await books.ledger()
    lines = [make_event_line(record) for record in await books.records()]
    found = _run(ledger.uuid, b"\n".join(lines))
    assert found.stdout.strip() == ledger.head.root.hex()
    assert "does not hash to its leaf" in _run(ledger.uuid, b"\n".join(lines).replace(b"3.00", b"3.01")).stderr
    assert "a hole" in _run(ledger.uuid, b"\n".join(lines[:2] + lines[3:])).stderr


@pytest.mark.own_database
async def test_an_auditors_role_reads_what_the_page_grants_and_no_less(store: Store, url: str) -> None:
    if store.is_sqlite:
        return  # a file has no roles
    books = await rich_books(store, transfers=2)
    grant = re.search(r"GRANT SELECT ON [^;]*? TO auditor;", PAGE.read_text(), flags=re.DOTALL)
    assert grant is not None
    role = f"auditor_{books.uuid[-12:]}"
    as_auditor = url.replace("postgres@", f"{role}@")
    async with outsider(url) as owner:
        await owner.execute(f"CREATE ROLE {role} LOGIN")
        await owner.execute(grant[0].replace("auditor;", f"{role};"))
        assert_fine(await audited(as_auditor))
        assert "llmedger verify postgresql://auditor@host/books --ledger books" in PAGE.read_text()
        assert_fine(await audited(as_auditor, (await books.ledger()).id))
        await owner.execute(f"REVOKE SELECT ON register_lines FROM {role}")
        report = await audited(as_auditor)
        assert report.exit_code == FindingKind.MISSING.value
        (only,) = report[Name.READ_MODELS].faults
        assert "register_lines cannot be read" in only.what, "the other tables are read all the same"
        assert (await audited(as_auditor, read_models=False)).exit_code == 0
        await owner.execute(f"DROP OWNED BY {role}")
        await owner.execute(f"DROP ROLE {role}")


def _run(uuid: str, lines: bytes) -> "subprocess.CompletedProcess[str]":
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert program is not None
    command = [sys.executable, "-c", program[1], uuid]
    return subprocess.run(command, input=lines.decode(), capture_output=True, text=True, timeout=60, check=False)

"""The audit page's program is run as it is printed: it must find our root, and a change of one character."""

import re
import subprocess
import sys
from pathlib import Path

from api.shapes import event_line
from tests.builders import transfer
from tests.stores import Store

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


async def test_a_stranger_recomputes_the_root(store: Store) -> None:
    books = await store.books()
    for number in range(1, 6):
        await books.submit(transfer(f"{number}.00"))
    ledger = await books.ledger()
    lines = [event_line(record) for record in await books.records()]
    found = _run(ledger.uuid, b"\n".join(lines))
    assert found.stdout.strip() == ledger.head.root.hex()
    assert "does not hash to its leaf" in _run(ledger.uuid, b"\n".join(lines).replace(b"3.00", b"3.01")).stderr
    assert "a hole" in _run(ledger.uuid, b"\n".join(lines[:2] + lines[3:])).stderr


def _run(uuid: str, lines: bytes) -> "subprocess.CompletedProcess[str]":
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert program is not None
    command = [sys.executable, "-c", program[1], uuid]
    return subprocess.run(command, input=lines.decode(), capture_output=True, text=True, timeout=60, check=False)

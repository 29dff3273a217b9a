"""Where an audit is, as text: enough to go on from there in another process. Kept only while nothing is wrong."""

import json
from typing import Any

from api.audit.books import Books
from api.audit.derived import WHOLE_GUARDS
from api.audit.log import LogAudit, TilesAudit
from api.audit.parsing import RecordEnvelope
from ledger.merkle import Frontier
from ledger.state import State


def dump(log: LogAudit, tiles: TilesAudit, books: Books) -> str:
    """Return everything that the next record depends on, besides what is in the index file."""
    state = books.state
    return json.dumps(
        {
            "size": log.frontier.size,
            "frontier": log.frontier.to_bytes().hex(),
            "last": log.last,
            "command": log.command,
            "textless": list(log.textless.items()),
            "tiles": [[row.hex() for row in tiles.rows], tiles.counts],
            "texts": [sorted(books.textless), books.unchecked],
            "opened_as": books.opened_as,
            "guards": {
                guard.name: [(*guard.cells(key), *guard.to_row(row)) for key, row in state[guard].items()]
                for guard in WHOLE_GUARDS
            },
        }
    )


def read_size(text: str) -> int:
    """Return how many records an audit had done. Raises ValueError, KeyError and TypeError."""
    return int(json.loads(text)["size"])


def restore(text: str, log: LogAudit, tiles: TilesAudit, books: Books) -> None:
    """Put what `dump` returned into what has seen nothing yet. Raises ValueError, KeyError and TypeError."""
    saved: dict[str, Any] = json.loads(text)
    log.frontier = Frontier.from_bytes(saved["size"], bytes.fromhex(saved["frontier"]))
    log.next = saved["size"]
    log.last = None if saved["last"] is None else RecordEnvelope(*saved["last"])
    log.command = tuple(saved["command"])
    log.textless = dict(saved["textless"])
    tiles.rows = [bytearray.fromhex(row) for row in saved["tiles"][0]]
    tiles.counts = saved["tiles"][1]
    books.textless, books.unchecked = set(saved["texts"][0]), saved["texts"][1]
    books.opened_as = saved["opened_as"]
    books.state = State()
    for guard in WHOLE_GUARDS:
        books.state.fill(guard, dict(guard.row(tuple(row)) for row in saved["guards"][guard.name]))

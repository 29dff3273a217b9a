"""Records of the log and Merkle proofs as answers have them."""

import json
from typing import (
    Any,
    NotRequired,  # pydantic needs these before Python 3.12
)

from typing_extensions import TypedDict

from api.shapes.answers import ActorOut, AsOfOut
from ledger.journal import Position, Record


class InclusionOut(TypedDict):
    """A proof that a record is in a tree (RFC 9162 section 2.1.3). The leaf's sibling comes first."""

    position: int
    size: int
    leaf_hash: str
    root: str
    proof: list[str]


class ConsistencyOut(TypedDict):
    """A proof that one tree extends another (RFC 9162 section 2.1.4)."""

    from_size: int
    to_size: int
    from_root: str
    to_root: str
    proof: list[str]


class EventOut(TypedDict):
    """A record of the log."""

    position: int
    id: str
    type: str
    schema: int
    recorded_at: str
    actor: ActorOut
    request: str | None
    command: str
    key: str | None
    data: dict[str, Any]
    memo: dict[str, Any] | None
    memo_erased_by: NotRequired[int]
    leaf_hash: str


class EventsOut(TypedDict):
    """A page of the log."""

    as_of: AsOfOut
    events: list[EventOut]
    size: int
    next: int | None


_EVENT_MEMBERS = ("position", "id", "type", "schema", "recorded_at", "actor", "request", "command", "key")


def make_event_line(record: Record, erased_by: Position | None = None) -> bytes:
    """Return a record as one line of JSON; `data` and `memo` are the stored bytes themselves. `erased_by`: the record
    that erased the memo."""
    members = {name: record.envelope[name] for name in _EVENT_MEMBERS}
    head = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    memo = record.memo or (b"null" if erased_by is None else b'null,"memo_erased_by":%d' % erased_by)
    return b'%b,"data":%b,"memo":%b,"leaf_hash":"%b"}' % (
        head[:-1],
        record.data,
        memo,
        record.leaf_hash.hex().encode(),
    )

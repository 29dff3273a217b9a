"""Logs in which any one member of any document is another, and every hash is put right again.

A `Forged` is a whole log in memory, as JSON values. `changed_somewhere` changes one member of one document of it; then
it is written down as whoever controls the source would: in a SQLite file, in PostgreSQL, as an export, or as answers.
"""

import copy
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from api.audit.directory import make_body_path
from ledger.codec import canonicalize
from ledger.merkle import EMPTY_FRONTIER, Frontier, hash_leaf
from ledger.tiles import TILE_WIDTH, Bundle, encode_bundle, find_tile, grow, list_bundles

Json = Any

DEEP: Json = "x"
for _ in range(300):
    DEEP = [DEEP]

ODD: list[Json] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    7,
    2**53,
    10**30,
    1.5,
    1e300,
    "",
    "x",
    "0",
    "-0.00",
    "1.000",
    "\x1b[2J\x07",
    "‮skoob",
    "é" * 3_000,
    "\ud800",
    "9999-12-31",
    "0001-01-01",
    "2024-02-30",
    "0001-01-01T00:00:00.000000Z",
    "9999-12-31T23:59:59.999999Z",
    "00000000-0000-7000-8000-000000000000",
    "Europe/Atlantis",
    "13-45",
    "owner",
    [],
    {},
    ["x"],
    [[]],
    {"x": None},
    {"account": 1},
    DEEP,
]
"""What a member may be put to: something of each type, and of the right one too."""


@dataclass(frozen=True)
class Part:
    """A record of a log, as JSON values, and the hashes that it held before anything was changed."""

    record: Json
    data: Json
    memo: Json
    hashes: dict[str, Json]

    def spelled(self) -> tuple[bytes, bytes, bytes | None]:
        """The bytes of the three; the hashes in the record are right, unless it was they that were changed."""
        data, memo, record = spell(self.data), None if self.memo is None else spell(self.memo), self.record
        right = {"data_sha256": sha256(data).hexdigest()}
        if memo is not None:
            right["memo_sha256"] = sha256(memo).hexdigest()
        if isinstance(record, dict):
            record = record | {name: hash_ for name, hash_ in right.items() if record.get(name) == self.hashes[name]}
        return spell(record), data, memo


def spell(value: Json) -> bytes:
    """Canonical JSON, and of what has no such form, something like it."""
    with suppress(ValueError, TypeError):
        return canonicalize(value)
    spelled = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return spelled.encode(errors="surrogatepass")


@dataclass
class Forged:
    """A log, and what was changed in it."""

    parts: list[Part]
    what: str = "nothing"
    before: Json = None
    after: Json = None

    @classmethod
    def of(cls, records: list[tuple[bytes, bytes, bytes | None]]) -> "Forged":
        """The log of these records, bodies and memos."""
        parts = []
        for record, data, memo in records:
            envelope = json.loads(record)
            hashes = {name: envelope[name] for name in ("data_sha256", "memo_sha256")}
            parts.append(Part(envelope, json.loads(data), None if memo is None else json.loads(memo), hashes))
        return cls(parts)

    def changed_somewhere(self, chance: random.Random) -> "Forged":
        """The same with one member of one document changed, removed or added."""
        at = chance.randrange(len(self.parts))
        part = self.parts[at]
        kind = chance.choice(["record", "data", "data", "memo"] if part.memo is not None else ["record", "data"])
        changed = Changed.somewhere(getattr(part, kind), chance)
        parts = [*self.parts[:at], replace(part, **{kind: changed.document}), *self.parts[at + 1 :]]
        return Forged(parts, f"{kind} {at}{changed.path}", changed.before, changed.after)

    def spelled(self) -> list[tuple[bytes, bytes, bytes | None]]:
        """The bytes of every record, body and memo."""
        return [part.spelled() for part in self.parts]

    @property
    def is_of_another_type(self) -> bool:
        """Whether the new value cannot be what the old one was, in a place that has a type."""
        free = any(f"['{name}']" in self.what for name in ("metadata", "imported"))
        nothing = any(each is None or each == MISSING for each in (self.before, self.after))
        return not free and not nothing and type(self.after) is not type(self.before)


MISSING = "a member that is not there"


@dataclass
class Changed:
    """A document with one member changed."""

    document: Json
    path: str
    before: Json
    after: Json

    @classmethod
    def somewhere(cls, document: Json, chance: random.Random) -> "Changed":
        """A copy with a value at any depth replaced, a member removed, or one added."""
        whole = copy.deepcopy(document)
        holders = list(_holders(whole, ""))
        holder, path = chance.choice(holders)
        names = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        how = chance.choice(["put"] * 6 + ["remove", "add"])
        if how == "add" or not names:
            after = chance.choice(ODD)
            if isinstance(holder, dict):
                name: Any = chance.choice(["x", "position", "memo", "salt", "\x1b", ""])
                before = holder.get(name, MISSING)
                holder[name] = after
            else:
                name, before = len(holder), MISSING
                holder.append(after)
            return cls(whole, f"{path}[{name!r}]", before, after)
        name = chance.choice(names)
        before = holder[name]
        if how == "remove":
            del holder[name]
            return cls(whole, f"{path}[{name!r}]", before, MISSING)
        after = holder[name] = chance.choice(ODD)
        return cls(whole, f"{path}[{name!r}]", before, after)


def _holders(value: Json, path: str) -> Iterator[tuple[Json, str]]:
    if isinstance(value, dict | list):
        yield value, path
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _holders(each, f"{path}[{name!r}]")


# --- written down ----------------------------------------------------------------------------------------------------


def tree_of(records: list[bytes]) -> Frontier:
    """The tree over these records."""
    return EMPTY_FRONTIER.extend(map(hash_leaf, records))


def tiles_of_records(records: list[bytes]) -> dict[str, bytes]:
    """The files of all tiles of that tree."""
    size, made = len(records), grow({}, 0, map(hash_leaf, records))
    return {find_tile(level, index, size).path: hashes for (level, index), hashes in made.items()}


def write_export(folder: Path, uuid: str, forged: Forged) -> None:
    """The export of a log, as its own program would have written it."""
    spelled = forged.spelled()
    records = [record for record, _, _ in spelled]
    tree = tree_of(records)
    head = {
        "format": 1,
        "ledger": uuid,
        "origin": "example.com/books",
        "size": tree.size,
        "root": tree.compute_root().hex(),
    }
    files = {"head.json": json.dumps(head).encode()} | tiles_of_records(records)
    for bundle in list_bundles(len(records)):
        files |= _bundle_files(bundle, spelled[bundle.start : bundle.start + TILE_WIDTH])
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _bundle_files(bundle: Bundle, spelled: list[tuple[bytes, bytes, bytes | None]]) -> dict[str, bytes]:
    return {
        bundle.path: encode_bundle([record[:65_535] for record, _, _ in spelled]),
        make_body_path("data", bundle): b"".join(data + b"\n" for _, data, _ in spelled),
        make_body_path("memos", bundle): b"".join((memo or b"") + b"\n" for _, _, memo in spelled),
    }

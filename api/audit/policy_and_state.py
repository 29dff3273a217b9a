"""What an auditor brings along: the keys that he believes, and what he saw of each log the last time."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from api.audit.sources import Unusable
from ledger.merkle import HASH_SIZE
from ledger.notes import NoteInvalid, VerifierKey


def read_policy(file: Path) -> list[VerifierKey]:
    """Return the keys in a policy file: a vkey a line; blank lines and lines that begin with `#` do not count. Raises
    Unusable: a policy that cannot be read must not pass as none."""
    keys = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"the policy {file} cannot be read: {error}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            keys.append(VerifierKey.parse(line))
        except NoteInvalid as error:
            raise Unusable(f"{file}, line {number}: {error}") from None
    if not keys:
        raise Unusable(f"there is no key in {file}")
    return keys


class SignedSeen(NamedTuple):
    """All checkpoints that were signed up to a size, as a database had them."""

    source: str
    first: str
    """SHA-256 of the first one: a database that the log was imported into begins with another."""
    size: int
    checkpoints: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What was seen of a log, and when (RFC 3339)."""

    size: int
    root: bytes
    checked_at: str
    signed: SignedSeen | None = None
    id: str | None = None
    """Under which id the source listed it, where it said so."""


class StateFile:
    """A JSON file with the last visit to each log. It is the auditor's own, and kept where nobody else writes."""

    def __init__(self, file: Path) -> None:
        """Read the file. Raises Unusable, also where the file could not be written at the end."""
        self._file = file
        self._visits: dict[str, Any] = {}
        if file.exists():
            try:
                self._visits = dict(json.loads(file.read_bytes())["logs"])
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                raise Unusable(f"the state file {file} cannot be read: {error}") from None
        elif not file.parent.is_dir():
            raise Unusable(f"the state file cannot be written: there is no folder {file.parent}")

    @property
    def progress(self) -> Path:
        """Where an audit that was broken off is kept."""
        return self._file.with_name(f"{self._file.name}.progress")

    @property
    def is_new(self) -> bool:
        """Whether nothing is known of any log."""
        return not self._visits

    def find_visit(self, ledger: str) -> Visit | None:
        """Return the last visit to this log. Raises Unusable."""
        found = self._visits.get(ledger)
        if found is None:
            return None
        try:
            seen = found.get("signed")
            signed = None if seen is None else SignedSeen(*(seen[name] for name in SignedSeen._fields))
            visit = Visit(found["size"], bytes.fromhex(found["root"]), found["checked_at"], signed, found.get("id"))
            if type(visit.size) is not int or len(visit.root) != HASH_SIZE:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unusable(f"the entry for ledger {ledger} in {self._file} cannot be read") from None
        return visit

    def find_listed(self, id_: str) -> str | None:
        """Return the uuid of the ledger that was listed under this id at its last visit."""
        for uuid, found in self._visits.items():
            if isinstance(found, dict) and found.get("id") == id_:
                return uuid
        return None

    def remember(self, ledger: str, visit: Visit) -> None:
        """Write this visit down, durably. Raises OSError."""
        self._visits[ledger] = {"size": visit.size, "root": visit.root.hex(), "checked_at": visit.checked_at}
        if visit.id is not None:
            self._visits[ledger]["id"] = visit.id
        if visit.signed is not None:
            self._visits[ledger]["signed"] = visit.signed._asdict()
        new = self._file.with_name(f".{self._file.name}.new")
        with new.open("w", encoding="utf-8") as opened:
            json.dump({"version": 1, "logs": self._visits}, opened, indent=2, sort_keys=True)
            opened.write("\n")
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(self._file)

"""Every command of the program, and arguments to call each with: for tests that walk all of them."""

import json
from pathlib import Path
from typing import Any

import typer

from api.cli import app
from ledger.notes import KeyType, LogCheckpoint, SigningKey, sign_note
from tests.backups import empty_backup

LINE = {
    "date": "2024-03-01",
    "postings": [
        {"account": "Assets:Cash", "amount": "1.00", "currency": "EUR"},
        {"account": "Income:Sales", "amount": "-1.00", "currency": "EUR"},
    ],
}
KEY = SigningKey.generate("a", KeyType.NOTE)
BOOKS = ("--ledger", "books")
NEEDED: dict[str, tuple[str, ...]] = {
    "demo": ("--no-serve",),
    "user add": ("ann", "--password-stdin"),
    "user passwd": ("ann", "--password-stdin"),
    "ledger create": ("books", "--owner", "ann"),
    "member list": BOOKS,
    "member grant": ("ann", "viewer", *BOOKS),
    "member revoke": ("ann", *BOOKS),
    "import": ("lines.jsonl", *BOOKS),
    "export": ("out", *BOOKS),
    "verify": ("none.db",),
    "key new": ("new-key",),
    "key show": ("no-key",),
    "key accept": (*BOOKS, "--vkey", str(KEY.verifier)),
    "key release": (*BOOKS, "--size", "0"),
    "proof inclusion": ("0", *BOOKS),
    "proof consistency": ("1", *BOOKS),
    "proof receipt": ("0", *BOOKS),
    "balances": BOOKS,
    "register": ("Assets:Cash", *BOOKS),
    "rebuild": ("all",),
    "backup": ("new.backup",),
    "restore": ("empty.backup",),
}
OWN_FILES = {"key new", "key show", "verify", "bench"}
"""Commands that work on files that they are told, or on none, and not on the database of the settings."""
MAKES_DATABASE = {"migrate", "demo", "restore"}


def every_command() -> list[tuple[str, Any]]:
    """Every command that does something, by its whole name."""

    def below(path: tuple[str, ...], group: Any) -> list[tuple[str, Any]]:
        inner = getattr(group, "commands", None)
        if inner is None:
            return [(" ".join(path), group)]
        return [each for name, command in inner.items() for each in below((*path, name), command)]

    return below((), typer.main.get_command(app))


def input_of(name: str) -> str:
    """What a command reads from its standard input: a password, or a signed checkpoint."""
    return "correct horse\n" if "user" in name else str(sign_note(LogCheckpoint("a", 1, bytes(32)).text, KEY))


def arguments_of(name: str, folder: Path) -> list[str]:
    """A command and arguments that it takes; the files that it may read are made in this folder."""
    (folder / "lines.jsonl").write_text(json.dumps(LINE) + "\n")
    (folder / "empty.backup").write_bytes(empty_backup())
    return [*name.split(), *NEEDED.get(name, ())]

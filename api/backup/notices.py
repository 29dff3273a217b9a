"""What a backup works on, and what belongs to an installation and is not in its backup."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from api.auth.foreign_tables import require_ours
from api.backup.files import SavedLedger
from api.backup.restoring import find_signed_otherwise
from api.proofs.signing import find_folder_beside
from api.settings import Settings
from ledger.notes import NoteInvalid
from ledger.store.engine import Database, open_database
from ledger.store.urls import describe_place
from migrations import DatabaseMissing


@asynccontextmanager
async def open_journal(settings: Settings) -> AsyncIterator[Database]:
    """Open the journal's database, which must be there already. Raises DatabaseMissing and SignInRefused."""
    require_ours(settings.journal_url)
    journal = open_database(settings.journal_url, patient=True)
    try:
        if journal.missing is not None:
            raise DatabaseMissing(journal.missing)
        yield journal
    finally:
        await journal.close()


def list_left_out(settings: Settings) -> list[str]:
    """Return what is not in a backup, each as a phrase."""
    key = settings.signing_key
    phrases = [
        "the read models, which are built again",
        "the settings (environment, .env)",
        "keys that sign checkpoints, and the folders beside them"
        if key is None
        else f"the signing key {key} and the folder {find_folder_beside(key)}",
    ]
    if not settings.owns_sign_in:
        phrases.append(f"users and sessions, which another program keeps in {_sign_in_place(settings)}")
    return phrases


def _sign_in_place(settings: Settings) -> str:
    url = settings.auth_url
    if url is None:
        return "tables of its own"
    return describe_place(url)


def make_signing_advice(settings: Settings, ledgers: Sequence[SavedLedger], *, signed: bool) -> list[str]:
    """Return what to do about keys that may have signed more than was restored. `signed`: whether the backup has signed
    checkpoints."""
    key = settings.signing_key
    if key is None:
        elsewhere = (
            "Checkpoints of these books were signed, and LEDGER_SIGNING_KEY is not set here. Where the key is, it may "
            "have signed more than was restored: docs/signing.md says what to do then."
        )
        return [elsewhere] if signed else []
    try:
        found = find_signed_otherwise(key, ledgers)
    except NoteInvalid as error:
        return [f"What the key {key} has signed is not known: {error}. Nothing is signed until that is put right."]
    return [
        f"The key {key} has signed {signed.size} records of {ledger.id}, and {ledger.size} were restored: it signs "
        "nothing for this ledger any more. If there is a newer database or backup, restore that one. If there is none, "
        "the key is given up: make a new one in another folder and tell everybody who has the old vkey why. If nobody "
        f"is to sign, say so: llmedger key release --ledger {ledger.id} --size {signed.size} "
        f"--root {signed.root.hex()} --key {key}"
        for ledger, signed in found
    ]

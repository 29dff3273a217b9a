"""Commands for keys that sign checkpoints, and for proofs about a log."""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.terminal import Commands, JsonOption, LedgerOption, app, fail, list_examples, out, print_json
from api.wording import spell_count

if TYPE_CHECKING:
    from ledger.journal import Ledger
    from ledger.notes import Note, SigningKey

log = logging.getLogger(__name__)

key_app = Commands(no_args_is_help=True, help="Keys that sign checkpoints.")
app.add_typer(key_app, name="key")
proof_app = Commands(no_args_is_help=True, help="Proofs about a ledger's log.")
app.add_typer(proof_app, name="proof")


@key_app.command("new", epilog=list_examples("llmedger key new /etc/llmedger/key --name example.com/books"))
async def new_key(
    file: Annotated[Path, typer.Argument(help="New file for the key. Keep it out of the database's backups.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the key, like example.com/books. Default: LEDGER_ORIGIN.")
    ] = None,
    cosigner: Annotated[
        bool, typer.Option("--cosigner", help="Make the key of a witness, which signs checkpoints of others.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a key, and print its vkey. Give the vkey to auditors: it checks signatures."""
    from api.settings import read_settings
    from ledger.notes import KeyType, SigningKey, write_key

    key = SigningKey.generate(name or read_settings().origin, KeyType.COSIGNATURE if cosigner else KeyType.NOTE)
    try:
        write_key(file, key)
    except FileExistsError:
        fail(f"{file} exists already: a key is never overwritten")
    show_vkey(key, as_json)


@key_app.command("show", epilog=list_examples("llmedger key show /etc/llmedger/key"))
async def show_key(file: Annotated[Path, typer.Argument(help="File of the key.")], as_json: JsonOption = False) -> None:
    """Print the vkey of a key."""
    from ledger.notes import read_key

    show_vkey(read_key(file), as_json)


def show_vkey(key: "SigningKey", as_json: bool) -> None:
    """Print the public part of a key."""
    if as_json:
        print_json({"name": key.verifier.name, "vkey": str(key.verifier)})
    else:
        sys.stdout.write(f"{key.verifier}\n")


@key_app.command("accept", epilog=list_examples("llmedger key accept --ledger books --vkey VKEY < checkpoint"))
async def accept_signature(
    ledger: LedgerOption,
    vkey: Annotated[str, typer.Option(help="The vkey of the second signer.")],
) -> None:
    """Publish the second signature of a checkpoint. The checkpoint is read from standard input."""
    from api.cli.installation import open_ledger
    from ledger.notes import LogCheckpoint, Note, VerifierKey

    signer, note = VerifierKey.parse(vkey), Note.parse(sys.stdin.read())
    note.find_signers([signer])
    async with open_ledger(ledger) as (services, found):
        size = LogCheckpoint.parse(note.text).size
        ours = await services.checkpoints.find(found.serial, size)
        if ours is None or ours.note.text != note.text:
            fail(f"{found.id} has not published this checkpoint of size {size}")
        lines = [each for each in note.signatures if (each.name, each.key_id) == (signer.name, signer.id)]
        await services.checkpoints.add_signatures(found.serial, size, lines)


@key_app.command("release", epilog=list_examples("llmedger key release --ledger books --size 120 --root ROOT"))
async def release_refusal(
    ledger: LedgerOption,
    size: Annotated[int, typer.Option(min=0, help="Size of the lost checkpoint; 0: no checkpoint is known.")],
    root: Annotated[str, typer.Option(help="Root of the lost checkpoint: its third line (base64), or in hex.")] = "",
    key: Annotated[
        Path | None,
        typer.Option(help="File of the old key, if LEDGER_SIGNING_KEY no longer names it."),
    ] = None,
) -> None:
    """Accept the loss of a signed checkpoint, so that the ledger is reported healthy again.

    Set another key, or none, first. A release does not re-enable the old key: any process that still uses it will
    refuse to sign again.
    """
    from api.cli.installation import open_ledger
    from api.proofs.signing import find_folder_beside, find_last_signed
    from ledger.notes import read_key

    async with open_ledger(ledger) as (services, found):
        if found.serial not in await services.checkpoints.list_refused():
            fail(f"{found.id}: the service does not refuse to sign this ledger, so there is nothing to release")
        mine = services.settings.signing_key
        last = await find_last_signed(services.checkpoints, found, {each for each in (mine, key) if each is not None})
        if not is_checkpoint(last, size, root):
            place = key or mine
            where = f"{find_folder_beside(place)}, or " if place else ""
            fail(
                f"{found.id}: this is not the last signed checkpoint. Pass its size and root. "
                f"You find them in {where}the state file of an auditor, or at …/log/checkpoint"
            )
        if mine is not None and last is not None and read_key(mine).verifier.id in [s.key_id for s in last.signatures]:
            fail(
                f"{mine} signed it, and one key never signs two histories: make another key with "
                "`llmedger key new` in another folder, and tell everybody who uses the old vkey why"
            )
        await services.checkpoints.release(found.serial)
        log.warning("ledger %s: its signed checkpoint of size %d is accepted as lost", found.uuid, size)
    out.print(f"{found.id} is released. A process that still uses the old key will refuse to sign it again.")


def is_checkpoint(note: "Note | None", size: int, root: str) -> bool:
    """Return whether this is its size and its root, in base64 or in hex; None has size 0."""
    from ledger.notes import LogCheckpoint

    if note is None:
        return size == 0
    known = LogCheckpoint.parse(note.text)
    return size == known.size and root in (known.text.split("\n")[2], known.root.hex())


@proof_app.command("inclusion", epilog=list_examples("llmedger proof inclusion 17 --ledger books"))
async def prove_inclusion(
    position: Annotated[int, typer.Argument(min=0, help="Position of a record.")],
    ledger: LedgerOption,
    size: Annotated[int | None, typer.Option(min=1, help="Size of the tree. Default: the current size.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that a record is in the tree of a size."""
    from api.cli.installation import catch_up, open_ledger
    from api.proofs import proofs

    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = find_size(found, size)
        proof = await proofs.make_inclusion_proof(services, found, position, asked, timeout_seconds=0)
    if as_json:
        print_json(proof)
    else:
        show_proof(proof)


@proof_app.command("consistency", epilog=list_examples("llmedger proof consistency 17 --ledger books"))
async def prove_consistency(
    from_size: Annotated[int, typer.Argument(min=1, help="Size of the smaller tree.")],
    ledger: LedgerOption,
    to_size: Annotated[
        int | None, typer.Option(min=1, help="Size of the larger tree. Default: the current size.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that the tree of a size extends a smaller one."""
    from api.cli.installation import catch_up, open_ledger
    from api.proofs import proofs

    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = find_size(found, to_size)
        proof = await proofs.make_consistency_proof(
            services, found, find_size(found, from_size), asked, timeout_seconds=0
        )
    if as_json:
        print_json(proof)
    else:
        show_proof(proof)


@proof_app.command("receipt", epilog=list_examples("llmedger proof receipt 17 --ledger books > 17.tlog-proof"))
async def print_receipt(
    position: Annotated[int, typer.Argument(min=0, help="Position of a record.")], ledger: LedgerOption
) -> None:
    """Print a receipt (`.tlog-proof`) to keep: the record, its proof and a signed checkpoint.

    It needs LEDGER_SIGNING_KEY, or a checkpoint that was already signed."""
    from api.cli.installation import catch_up, open_ledger
    from api.proofs import proofs

    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        sys.stdout.write(str(await proofs.make_receipt(services, found, position, timeout_seconds=0)))


def find_size(ledger: "Ledger", size: int | None) -> int:
    """Return the size asked for, or the ledger's size."""
    if size is not None and size > ledger.head.size:
        fail(f"the ledger has only {spell_count(ledger.head.size, 'record')}")
    return ledger.head.size if size is None else size


def show_proof(proof: Mapping[str, Any]) -> None:
    """Print facts and hashes, one on a line."""
    for name, fact in proof.items():
        if name != "proof":
            out.print(f"{name}: {fact}", highlight=False, soft_wrap=True)
    for each in proof["proof"]:
        out.print(each, highlight=False, soft_wrap=True)

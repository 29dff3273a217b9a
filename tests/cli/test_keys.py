"""Keys and proofs on the command line."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ledger.merkle import hash_leaf, verify_consistency, verify_inclusion
from ledger.notes import (
    KeyType,
    LogCheckpoint,
    Note,
    SignedReceipt,
    SigningKey,
    VerifierKey,
    cosign,
    read_key,
    write_key,
)
from tests.cli.test_cli import JANUARY, Cli, environment_for
from tests.http.service import PASSWORD

ORIGIN = "example.com/books"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A ledger with some transactions, and an installation with a name."""
    environment = {**environment_for(f"sqlite:///{tmp_path / 'ledger.db'}"), "LEDGER_ORIGIN": ORIGIN}
    cli = Cli(environment, tmp_path)
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    (tmp_path / "january.jsonl").write_text(JANUARY, encoding="utf-8")
    cli("import", "january.jsonl", "--ledger", "books", "--open-accounts", "--type-map", "Kasse=asset")
    return cli


def receipt_of(cli: Cli, position: int, key: Path) -> SignedReceipt:
    """What the command prints where there is this key."""
    return SignedReceipt.parse(cli("proof", "receipt", str(position), "--ledger", "books", LEDGER_SIGNING_KEY=str(key)))


def test_a_key_is_made_once_and_its_vkey_is_printed(cli: Cli) -> None:
    file = cli.folder / "key"
    printed = cli("key", "new", str(file)).strip()
    assert VerifierKey.parse(printed) == read_key(file).verifier
    assert printed.startswith(f"{ORIGIN}+")
    assert file.stat().st_mode & 0o777 == 0o600
    assert cli("key", "show", str(file)).strip() == printed
    assert cli.json("key", "show", str(file)) == {"name": ORIGIN, "vkey": printed}
    assert "never overwritten" in cli.run("key", "new", str(file), code=1)[1]
    assert cli("key", "show", str(file)).strip() == printed
    secret = file.read_text().strip().split("+", 4)[4]  # the last part may hold a + of its own
    assert secret not in printed


def test_a_cosigners_key_is_of_another_type(cli: Cli) -> None:
    options = ("--name", "witness.example", "--cosigner")
    vkey = VerifierKey.parse(cli.json("key", "new", str(cli.folder / "witness"), *options)["vkey"])
    assert (vkey.name, vkey.type) == ("witness.example", KeyType.COSIGNATURE)


@pytest.mark.parametrize("name", ["a b", "a+b", "/a"])
def test_a_name_that_no_key_can_have_is_refused(cli: Cli, name: str) -> None:
    assert "cannot name a key" in cli.run("key", "new", str(cli.folder / "key"), "--name", name, code=1)[1]
    assert not (cli.folder / "key").exists()


@pytest.mark.parametrize("harm", ["missing", "nonsense", "open", "cosigner"])
def test_a_key_that_cannot_be_used_is_said_before_anything_is_served(cli: Cli, harm: str) -> None:
    file = cli.folder / "key"
    if harm != "missing":
        write_key(file, SigningKey.generate("a", KeyType.COSIGNATURE if harm == "cosigner" else KeyType.NOTE))
    if harm == "nonsense":
        file.write_text("nonsense")
    if harm == "open":
        file.chmod(0o644)
    for command in ("serve", "worker"):
        _, errors = cli.run(command, code=2, LEDGER_SIGNING_KEY=str(file))
        assert str(file) in errors
    cli("balances", "--ledger", "books")  # where read models lag, status watches them for seconds
    [trouble] = json.loads(cli("status", "--json", code=1, LEDGER_SIGNING_KEY=str(file)))["troubles"]
    assert trouble.startswith("LEDGER_SIGNING_KEY: ") and str(file) in trouble


def test_proofs_are_printed_and_hold(cli: Cli) -> None:
    size = cli.json("ledger", "list")["ledgers"][0]["size"]
    inclusion = cli.json("proof", "inclusion", "2", "--ledger", "books")
    leaf, root = bytes.fromhex(inclusion["leaf_hash"]), bytes.fromhex(inclusion["root"])
    assert inclusion["size"] == size
    assert verify_inclusion(leaf, 2, size, [bytes.fromhex(each) for each in inclusion["proof"]], root)
    consistency = cli.json("proof", "consistency", "3", "--ledger", "books", "--to-size", str(size - 1))
    roots = bytes.fromhex(consistency["from_root"]), bytes.fromhex(consistency["to_root"])
    assert verify_consistency(3, size - 1, *roots, [bytes.fromhex(each) for each in consistency["proof"]])
    assert inclusion["proof"][0] in cli("proof", "inclusion", "2", "--ledger", "books")
    assert f"to_size: {size}" in cli("proof", "consistency", "3", "--ledger", "books")
    for arguments in (["inclusion", str(size)], ["inclusion", "0", "--size", "1000"], ["consistency", "1000"]):
        cli.run("proof", *arguments, "--ledger", "books", code=1)


def test_a_receipt_needs_a_key_and_holds(cli: Cli) -> None:
    assert "no signed checkpoint" in cli.run("proof", "receipt", "2", "--ledger", "books", code=1)[1]
    file = cli.folder / "key"
    vkey = VerifierKey.parse(cli("key", "new", str(file)))
    receipt = receipt_of(cli, 2, file)
    assert receipt.checkpoint.find_signers([vkey])
    signed = LogCheckpoint.parse(receipt.checkpoint.text)
    assert receipt.extra is not None and json.loads(receipt.extra)["position"] == 2
    assert verify_inclusion(hash_leaf(receipt.extra), 2, signed.size, receipt.proof, signed.root)


def test_a_second_signature_is_published_when_it_holds(cli: Cli) -> None:
    file = cli.folder / "key"
    cli("key", "new", str(file))
    note = receipt_of(cli, 2, file).checkpoint
    witness = SigningKey.generate("witness.example", KeyType.COSIGNATURE)
    cosigned = cosign(note, witness, time=1_800_000_000)
    accept = ("key", "accept", "--ledger", "books", "--vkey", str(witness.verifier))
    cli.run(*accept, code=1, stdin=str(note))
    cli.run(*accept, code=1, stdin=str(cosigned).replace("\n— witness", "x\n— witness"))
    other = Note(LogCheckpoint("example.com/other", 2, bytes(32)).text, ())
    cli.run(*accept, code=1, stdin=str(cosign(other, witness, time=1)))
    cli(*accept, stdin=str(cosigned))
    cli(*accept, stdin=str(cosigned))
    assert receipt_of(cli, 2, file).checkpoint == cosigned


def test_a_tree_that_was_refused_is_in_the_status(cli: Cli) -> None:
    file = cli.folder / "key"
    cli("key", "new", str(file))
    receipt_of(cli, 2, file)
    (last,) = (cli.folder / "key.d").iterdir()
    last.write_text("nonsense")
    (cli.folder / "more.jsonl").write_text(JANUARY.splitlines()[0].replace('"id": 1', '"id": 99'), encoding="utf-8")
    cli("import", "more.jsonl", "--ledger", "books", "--source", "more")
    size = cli.json("ledger", "list")["ledgers"][0]["size"]
    arguments = ("proof", "receipt", str(size - 1), "--ledger", "books")
    assert "Nothing is signed" in cli.run(*arguments, code=1, LEDGER_SIGNING_KEY=str(file))[1]
    status = json.loads(cli("status", "--json", code=1))
    assert not status["well"] and "cannot be read" in status["troubles"][0]


# --- giving up what was signed


@dataclass(frozen=True)
class Fork:
    """A backup put back, that has grown on in another way; its last checkpoint is the one that was signed and lost."""

    cli: Cli
    key: Path
    lost: LogCheckpoint
    row: LogCheckpoint
    """What the backup itself knows to be signed."""

    def state(self) -> list[str]:
        """What is wrong."""
        return list(json.loads(self.cli.run("status", "--json", code=None)[0])["troubles"])

    def release(self, of: LogCheckpoint, *options: str, code: int = 0, **settings: str) -> str:
        """The command; what it says where it refuses."""
        arguments = ("--ledger", "books", "--size", str(of.size), "--root", of.root.hex())
        return self.cli.run("key", "release", *arguments, *options, code=code, **settings)[1]

    def sign(self, key: Path, *, code: int = 0) -> str:
        """Sign the head with a key, by asking for the receipt of the last record; the errors."""
        size = self.cli.json("ledger", "list")["ledgers"][0]["size"]
        asked = ("proof", "receipt", str(size - 1), "--ledger", "books")
        return self.cli.run(*asked, code=code, LEDGER_SIGNING_KEY=str(key))[1]


def import_as(cli: Cli, source: str) -> None:
    """More transactions."""
    cli("import", "january.jsonl", "--ledger", "books", "--source", source)


@pytest.fixture
def fork(cli: Cli) -> Fork:
    """Signed, saved, gone on and signed again; then the backup is put back and goes on otherwise."""
    key, folder = cli.folder / "key", cli.folder
    cli("key", "new", str(key))
    row = LogCheckpoint.parse(receipt_of(cli, 2, key).checkpoint.text)
    saved = {name: (folder / name).read_bytes() for name in ("ledger.db", "ledger-projections.db")}
    import_as(cli, "lost")
    size = cli.json("ledger", "list")["ledgers"][0]["size"]
    lost = LogCheckpoint.parse(receipt_of(cli, size - 1, key).checkpoint.text)
    for file in [*folder.glob("*.db-wal"), *folder.glob("*.db-shm")]:
        file.unlink()
    for name, content in saved.items():
        (folder / name).write_bytes(content)
    import_as(cli, "other")
    import_as(cli, "more")
    fork = Fork(cli, key, lost, row)
    assert "does not extend" in fork.sign(key, code=1)
    assert fork.state()
    return fork


def test_a_refusal_is_released_by_naming_what_is_given_up_and_never_for_the_same_key(fork: Fork) -> None:
    with_key = {"LEDGER_SIGNING_KEY": str(fork.key)}
    assert "signed it, and one key" in fork.release(fork.lost, code=1, **with_key)
    assert "is not the last signed checkpoint" in fork.release(fork.row, code=1, **with_key)
    # The key is given up: no setting names it any more. Its file says what was signed.
    gone = ("--key", str(fork.key))
    for wrong in (
        fork.row,
        replace(fork.lost, size=fork.lost.size + 1),
        replace(fork.lost, root=bytes(32)),
        replace(fork.lost, size=0),
    ):
        assert f"{fork.key}.d" in fork.release(wrong, *gone, code=1)
    assert fork.state(), "still refused"
    fork.release(fork.lost, *gone)
    assert not fork.state()
    assert "there is nothing to release" in fork.release(fork.lost, *gone, code=1)


def test_who_still_has_the_old_key_refuses_again_and_a_new_one_signs(fork: Fork) -> None:
    fork.release(fork.lost, "--key", str(fork.key))
    assert not fork.state()
    assert "does not extend" in fork.sign(fork.key, code=1)
    assert fork.state()
    new = fork.cli.folder / "second" / "key"
    new.parent.mkdir()
    fork.cli("key", "new", str(new), "--name", f"{ORIGIN}/2")
    fork.release(fork.lost, "--key", str(fork.key), LEDGER_SIGNING_KEY=str(new))
    fork.sign(new)
    assert not fork.state()
    import_as(fork.cli, "afterwards")
    assert "does not extend" in fork.sign(fork.key, code=1)


def test_without_the_file_what_the_database_knows_must_be_named(fork: Fork) -> None:
    """Key and folder are lost: the operator names the checkpoint that the backup has, by root in base64 too."""
    shutil.rmtree(f"{fork.key}.d")
    assert "is not the last signed checkpoint" in fork.release(fork.lost, code=1)
    root = fork.row.text.splitlines()[2]
    fork.cli("key", "release", "--ledger", "books", "--size", str(fork.row.size), "--root", root)
    assert not fork.state()


def test_a_file_that_cannot_be_read_releases_nothing(fork: Fork) -> None:
    (last,) = (fork.cli.folder / "key.d").iterdir()
    last.write_text("nonsense")
    fork.release(fork.row, "--key", str(fork.key), code=1)
    fork.cli.run("key", "release", "--ledger", "books", code=2)
    assert fork.state()


def test_where_nothing_is_known_to_be_signed_a_size_of_zero_says_so(cli: Cli) -> None:
    """A file that cannot be read, of a key that is given up, and a database from before the first signature."""
    key, uuid = cli.folder / "key", cli.json("ledger", "list")["ledgers"][0]["uuid"]
    cli("key", "new", str(key))
    (cli.folder / "key.d").mkdir()
    (cli.folder / "key.d" / uuid).write_text("nonsense")
    fork = Fork(cli, key, LogCheckpoint("", 1, bytes(32)), LogCheckpoint("", 0, bytes(32)))
    assert "cannot be read" in fork.sign(key, code=1)
    assert "is not the last signed checkpoint" in fork.release(fork.lost, code=1)
    assert fork.state()
    cli("key", "release", "--ledger", "books", "--size", "0")
    assert not fork.state()

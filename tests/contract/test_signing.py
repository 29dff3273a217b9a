"""A head is signed when its tree extends every one that was signed before, or not at all; on both engines."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from api.proofs import signing
from api.proofs.signing import Signer, find_folder_beside
from ledger import follow
from ledger.errors import NotFound, ProjectionBehind, SigningRefused
from ledger.follow import Wakeup
from ledger.journal import Ledger
from ledger.merkle import HASH_SIZE
from ledger.notes import KeyType, LogCheckpoint, Note, NoteInvalid, SigningKey, cosign, write_key
from ledger.store import tables
from ledger.store.signed_checkpoints import Checkpoints, Signed
from ledger.store.urls import make_projections_url, read_database_url
from projections.tiles import tiles
from tests.builders import transfer
from tests.postgres import PostgresServer
from tests.stores import Books, Store, open_store

ORIGIN = "example.com/books"

pytestmark = pytest.mark.own_database  # a signer signs every ledger that there is


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The file of a new key."""
    file = tmp_path / "keys" / "key"
    file.parent.mkdir()
    write_key(file, SigningKey.generate("example.com/key"))
    return file


def signer_of(store: Store, key: Path, grown: Wakeup | None = None) -> Signer:
    """A process that has the key."""
    checkpoints = Checkpoints(store.journal.database)
    return Signer(store.journal, store.reader(), checkpoints, key=key, origin=ORIGIN, grown=grown or Wakeup())


@pytest.fixture
def signer(store: Store, key: Path) -> Signer:
    """The signer of the store's process."""
    return signer_of(store, key)


async def grown(store: Store, books: Books, count: int = 1) -> Ledger:
    """The ledger after some more transactions, its projections up to date."""
    await books.submit_all(*[transfer(f"{n}.00") for n in range(1, count + 1)])
    await store.project()
    return await books.ledger()


async def published(store: Store, books: Books) -> list[LogCheckpoint]:
    """All signed checkpoints of the ledger, in order of size, as an outsider reads them."""
    query = (
        tables.signed_checkpoints.select()
        .where(tables.signed_checkpoints.c.ledger == (await books.ledger()).serial)
        .order_by(tables.signed_checkpoints.c.size)
    )
    async with store.journal.database.read.connect() as connection:
        return [LogCheckpoint.parse(Note.parse(row.note).text) for row in await connection.execute(query)]


async def refusal(store: Store, books: Books) -> str | None:
    """Why nothing is signed for the ledger."""
    return (await Checkpoints(store.journal.database).list_refused()).get((await books.ledger()).serial)


@contextmanager
def refused(signer: Signer, reason: str, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is signed inside, for that reason, and it is said loudly."""
    caplog.clear()
    with pytest.raises(SigningRefused, match=reason):
        yield
    loud = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(loud) == 1 and "is not signed" in loud[0].getMessage()


# --- what is signed


async def test_the_head_is_signed_under_the_ledgers_origin(store: Store, signer: Signer) -> None:
    books = await store.books()
    ledger = await grown(store, books, 3)
    signed = await signer.sign(books.uuid)
    assert signed.note.find_signers([signer.key.verifier]) == [signer.key.verifier]
    assert LogCheckpoint.parse(signed.note.text) == LogCheckpoint(
        f"{ORIGIN}/{books.uuid}", ledger.head.size, ledger.head.root
    )
    assert signed.vkey == str(signer.key.verifier)
    assert signed.verifier == signer.key.verifier.rename(f"{ORIGIN}/{books.uuid}")
    assert signed.note.find_signers([signed.verifier]) == [signed.verifier]
    assert [each.name for each in signed.note.signatures] == [f"{ORIGIN}/{books.uuid}", signer.key.verifier.name]
    assert await Checkpoints(store.journal.database).read_latest(ledger.serial) == signed
    assert await Checkpoints(store.journal.database).find(ledger.serial, signed.size) == signed


async def test_a_size_is_signed_once(store: Store, signer: Signer) -> None:
    books = await store.books()
    await grown(store, books)
    first = await signer.sign(books.uuid)
    assert await signer.sign(books.uuid) == first
    ledger = await grown(store, books, 300)
    assert (await signer.sign(books.uuid)).size == ledger.head.size
    assert [each.size for each in await published(store, books)] == [first.size, ledger.head.size]


async def test_the_file_beside_the_key_is_written_before_the_row(
    store: Store, signer: Signer, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = await store.books()
    await grown(store, books)
    rows_then: list[bool] = []
    synced: list[str] = []
    write = signer._write_last

    def watch(uuid: str, note: str) -> None:
        write(uuid, note)
        synced.append((key.parent / "key.d" / uuid).read_text())
        raise OSError("the power failed")

    monkeypatch.setattr(signer, "_write_last", watch)
    with pytest.raises(SigningRefused, match="power"):
        await signer.sign(books.uuid)
    rows_then.append(bool(await published(store, books)))
    assert rows_then == [False] and len(synced) == 1
    monkeypatch.undo()
    signed = await signer.sign(books.uuid)  # what may have been seen is signed again, to the letter
    assert str(signed.note) == synced[0] == (key.parent / "key.d" / books.uuid).read_text()
    assert list((key.parent / "key.d").iterdir()) == [key.parent / "key.d" / books.uuid]


async def test_tiles_that_lag_are_waited_for(
    store: Store, signer: Signer, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "TILES_WAIT_SECONDS", 0.0)
    books = await store.books()
    await books.submit(transfer("1.00"))
    with pytest.raises(ProjectionBehind):
        await signer.sign(books.uuid, timeout_seconds=0.05)
    await signer.sign_all()
    assert await published(store, books) == []
    first = await books.ledger()
    await store.project()
    await books.submit(transfer("2.00"))  # a log that never rests is signed all the same
    await signer.sign_all()
    assert [each.size for each in await published(store, books)] == [first.head.size]
    await store.project()
    await signer.sign_all()
    assert [each.size for each in await published(store, books)] == [first.head.size, await books.size()]
    assert await refusal(store, books) is None


async def test_several_who_sign_at_once_agree(store: Store, other: Store, key: Path) -> None:
    books = await store.books()
    signers = [signer_of(store, key), signer_of(other, key), signer_of(other, key)]
    for _ in range(5):
        ledger = await grown(store, books, 2)
        found = await asyncio.gather(*(signer.sign(books.uuid) for signer in signers))
        assert {each.size for each in found} == {ledger.head.size}
        assert len(set(found)) == 1
    assert len(await published(store, books)) == 5


async def test_who_was_overtaken_looks_again(
    store: Store, other: Store, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the file beside the key would go back to a smaller tree."""
    books = await store.books()
    await grown(store, books)
    slow, fast = signer_of(store, key), signer_of(other, key)
    looked, check = [], slow._find_trouble

    async def overtaken(ledger: Ledger, earlier: Sequence[LogCheckpoint], timeout_seconds: float) -> str | None:
        found = await check(ledger, earlier, timeout_seconds)
        looked.append(ledger.head.size)
        if len(looked) == 1:
            await grown(store, books)
            await fast.sign(books.uuid)
        return found

    monkeypatch.setattr(slow, "_find_trouble", overtaken)
    signed = await slow.sign(books.uuid)
    assert looked == [signed.size - 1, signed.size]
    assert [each.size for each in await published(store, books)] == [signed.size]
    assert (key.parent / "key.d" / books.uuid).read_text() == str(signed.note)


async def test_signing_while_others_post_never_refuses(store: Store, other: Store, key: Path) -> None:
    books = await store.books()
    signers = [signer_of(store, key), signer_of(other, key)]
    done = asyncio.Event()

    async def post() -> None:
        for n in range(1, 30):
            await grown(store, books, n % 4 + 1)
        done.set()

    async def sign(signer: Signer) -> list[Signed]:
        found = []
        while not done.is_set():
            with suppress(ProjectionBehind):
                found.append(await signer.sign(books.uuid))
        return found

    found = (await asyncio.gather(post(), sign(signers[0]), sign(signers[1])))[1:]
    assert await refusal(store, books) is None
    for each in found:
        assert each == sorted(each, key=lambda signed: signed.size)
    sizes = [each.size for each in await published(store, books)]
    assert len(sizes) > 2 and len(sizes) == len(set(sizes))


async def test_what_grows_is_signed_without_being_asked(store: Store, key: Path) -> None:
    hint = Wakeup()
    books, more = await store.books(), await store.books()
    task = asyncio.create_task(signer_of(store, key, hint).run())
    try:
        for each in (books, more):
            ledger = await grown(store, each)
            hint.notify()
            async with asyncio.timeout(20):
                while [c.size for c in await published(store, each)][-1:] != [ledger.head.size]:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_one_ledgers_trouble_is_nobody_elses(store: Store, signer: Signer, key: Path) -> None:
    books, more = await store.books(), await store.books()
    await grown(store, books)
    await grown(store, more)
    signer._write_last(books.uuid, "nonsense")
    await signer.sign_all()
    assert len(await published(store, more)) == 1
    assert await published(store, books) == []
    assert "cannot be read" in (await refusal(store, books) or "")
    assert await refusal(store, more) is None


async def test_what_goes_wrong_again_and_again_is_shown_once(
    store: Store, signer: Signer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follow, "PAUSE_SECONDS_MAX", 0.0)
    books, tried = await store.books(), 0
    ledger = await grown(store, books)

    async def breaks(*_given: object) -> None:
        nonlocal tried
        tried += 1
        raise ValueError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(signer, "_read_before", breaks)
        for _ in range(5):
            await signer.sign_all()
    assert tried >= 5
    of_books = [each for each in caplog.records if f"signing ledger {books.uuid} failed" in each.message]
    assert [each.exc_info is not None for each in of_books] == [True]
    await signer.sign_all()
    assert [each.size for each in await published(store, books)] == [ledger.head.size]


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"\xff"), Path.mkdir], ids=["no UTF-8", "a folder"])
async def test_a_file_beside_the_key_that_cannot_be_read_is_not_taken_for_none(
    store: Store, signer: Signer, key: Path, spoil: Callable[[Path], object]
) -> None:
    books = await store.books()
    await grown(store, books)
    find_folder_beside(key).mkdir()
    spoil(find_folder_beside(key) / books.uuid)
    await signer.sign_all()
    assert await published(store, books) == []
    assert "cannot be read" in (await refusal(store, books) or "")
    with pytest.raises(SigningRefused, match="cannot be read"):
        await signer.sign(books.uuid)


async def test_where_the_folder_beside_the_key_cannot_be_written_nothing_is_signed_and_it_is_said(
    store: Store, signer: Signer, key: Path, caplog: pytest.LogCaptureFixture
) -> None:
    books = await store.books()
    await grown(store, books)
    find_folder_beside(key).write_text("in the way: whoever is root may write into any folder")
    with refused(signer, "key.d", caplog):
        await signer.sign(books.uuid)
    assert "key.d" in (await refusal(store, books) or "")
    find_folder_beside(key).unlink()
    find_folder_beside(key).mkdir()
    (find_folder_beside(key) / f".{books.uuid}.new").mkdir()
    with refused(signer, "cannot be written", caplog):
        await signer.sign(books.uuid)
    await signer.sign_all()
    reason = await refusal(store, books) or ""
    assert "key.d/ cannot be written" in reason and str(key.parent) not in reason, "anybody may read that"
    assert await published(store, books) == []
    (find_folder_beside(key) / f".{books.uuid}.new").rmdir()
    await signer.sign(books.uuid)
    assert await refusal(store, books) is None
    assert len(await published(store, books)) == 1


async def test_a_cosigners_key_does_not_sign_a_log(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "witness"
    write_key(file, SigningKey.generate("witness.example", KeyType.COSIGNATURE))
    with pytest.raises(NoteInvalid, match="cosigner"):
        signer_of(store, file).key  # noqa: B018  (it is read now)


# --- what is not


@asynccontextmanager
async def copied(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A copy of a database that nobody has open: a backup."""
    if url.startswith("sqlite"):
        backup = tmp_path / "backup"
        backup.mkdir()
        for each in (read_database_url(url), make_projections_url(read_database_url(url))):
            assert each.database is not None
            shutil.copy(each.database, backup)
        yield f"sqlite:///{backup / Path(str(read_database_url(url).database)).name}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = str(read_database_url(url).database)
    yield server.create_database(f"{name}_backup", template=name)
    server.drop_database(f"{name}_backup")


@pytest.mark.parametrize("more", [0, 1, 2, 300], ids=["as it was", "smaller", "as large", "larger"])
async def test_a_backup_put_back_is_never_signed(
    url: str, key: Path, tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, more: int
) -> None:
    async with open_store(url) as store:
        books = await store.books()
        await grown(store, books, 5)
        await signer_of(store, key).sign(books.uuid)
    async with copied(url, tmp_path, request) as backup:
        async with open_store(url) as store:
            books = Books(store, books.uuid, store.sequencer())
            await grown(store, books, 2)
            await signer_of(store, key).sign(books.uuid)
        async with open_store(backup) as store:
            books = Books(store, books.uuid, store.sequencer())
            if more:
                await books.submit_all(*[transfer(f"{n}.99", on="2024-05-18") for n in range(1, more + 1)])
            await store.project()
            signer = signer_of(store, key)
            with refused(signer, {0: "backup", 1: "backup", 2: "same size", 300: "does not extend"}[more], caplog):
                await signer.sign(books.uuid)
            assert await refusal(store, books)
            assert len(await published(store, books)) == 1
            await signer.sign_all()
            assert len(await published(store, books)) == 1
            # Another key begins another history: the way on after a disaster, and nobody takes it for the old one.
            fresh = tmp_path / "fresh"
            write_key(fresh, SigningKey.generate("example.com/second-key"))
            await signer_of(store, fresh).sign(books.uuid)
            assert await refusal(store, books) is None


async def test_a_fork_is_found_out_by_the_database_alone(
    store: Store, signer: Signer, key: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever takes the file away still has the rows against him; and the other way round."""
    books = await store.books()
    ledger = await grown(store, books, 5)
    await signer.sign(books.uuid)
    shutil.rmtree(key.parent / "key.d")
    forged = LogCheckpoint(f"{ORIGIN}/{books.uuid}", ledger.head.size, bytes(32)).text
    async with store.journal.database.write.begin() as connection:
        await connection.execute(
            tables.signed_checkpoints.insert().values(
                ledger=ledger.serial, size=ledger.head.size + 1, note=f"{forged}\n— a AAAAAAA=\n", vkey="", signed_at=0
            )
        )
    await grown(store, books, 5)
    with refused(signer, "does not extend", caplog):
        await signer.sign(books.uuid)


async def tampered_tiles(store: Store, ledger: Ledger) -> None:
    """Another leaf in the first tile."""
    mine = tiles.c.ledger == ledger.serial
    async with store.projections.write.begin() as connection:
        hashes = (await connection.execute(select(tiles.c.hashes).where(mine))).scalar_one()
        await connection.execute(update(tiles).where(mine).values(hashes=bytes(HASH_SIZE) + hashes[HASH_SIZE:]))


async def lost_tiles(store: Store, ledger: Ledger) -> None:
    """No tiles, though the projection says that it has them."""
    async with store.projections.write.begin() as connection:
        await connection.execute(delete(tiles).where(tiles.c.ledger == ledger.serial))


@pytest.mark.parametrize("harm", [tampered_tiles, lost_tiles])
async def test_a_head_that_is_not_that_of_the_tiles_is_not_signed(
    store: Store, signer: Signer, caplog: pytest.LogCaptureFixture, harm: Callable[[Store, Ledger], object]
) -> None:
    books = await store.books()
    ledger = await grown(store, books, 5)
    await harm(store, ledger)  # type: ignore[misc]
    with refused(signer, "rebuild the projection tiles", caplog):
        await signer.sign(books.uuid)
    assert await published(store, books) == []


# --- cosignatures


async def test_others_sign_below_what_is_published(store: Store, signer: Signer) -> None:
    books = await store.books()
    ledger = await grown(store, books)
    signed = await signer.sign(books.uuid)
    checkpoints = Checkpoints(store.journal.database)
    witness = SigningKey.generate("witness.example/1", KeyType.COSIGNATURE)
    cosigned = cosign(signed.note, witness, time=1_800_000_000)
    for _ in range(2):
        await checkpoints.add_signatures(ledger.serial, signed.size, cosigned.signatures)
        found = await checkpoints.read_latest(ledger.serial)
        assert found is not None and found.note == cosigned
    later = cosign(signed.note, witness, time=1_800_000_001)
    await checkpoints.add_signatures(ledger.serial, signed.size, later.signatures)
    found = await checkpoints.read_latest(ledger.serial)
    assert found is not None and len(found.note.signatures) == 4
    assert found.note.find_signers([signer.key.verifier, witness.verifier])
    with pytest.raises(NotFound):
        await checkpoints.add_signatures(ledger.serial, signed.size + 1, cosigned.signatures)

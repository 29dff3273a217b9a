"""Erased texts are gone from every table, index and file; figures, proofs, rebuilds and keys stay as they were."""

from hashlib import sha256
from pathlib import Path

import pytest

from ledger.books.accounts import OpenAccount, RenameAccount
from ledger.books.erasure import EraseMemo, MemoErased
from ledger.codec import decode
from ledger.errors import AlreadyErased, NotFound
from ledger.journal import Record
from ledger.merkle import compute_nodes, compute_root, hash_leaf, prove_inclusion, verify_inclusion
from ledger.transactions import TransactionPosted
from projections.projection import Projection
from projections.registry import make_projections
from tests.builders import credit, debit, post, transfer
from tests.readmodels.reading import all_rows
from tests.stores import Books, Outsider, Store, open_store, outsider, rebuild

PERSON = "Mary Shelley of Bournemouth"
WHY = "asked by the person"


async def erased(books: Books) -> Record:
    """A transaction that named a person in every text, with its texts erased."""
    lines = (debit("Assets:Cash", "5.00", text=PERSON), credit("Equity:Opening", "5.00", text=PERSON))
    posted = await books.submit(
        post(*lines, description=PERSON, payee=PERSON, notes=PERSON, tags=(PERSON,), metadata={"who": PERSON}),
        key="rent-1",
    )
    await books.submit(transfer("1.00", description="somebody else"))
    await books.store.project()
    await books.submit(EraseMemo(posted.position, WHY, "GDPR Art. 17", force=True), key="erase-1")
    return (await books.records())[posted.position]


async def test_the_memo_goes_and_the_record_stays_byte_for_byte(store: Store) -> None:
    books = await store.books()
    before = await books.submit(transfer("5.00", description=PERSON), key="k")
    (kept,) = [each for each in await books.records() if each.position == before.position]
    await books.submit(EraseMemo(before.position, WHY, force=True))
    (now,) = [each for each in await books.records() if each.position == before.position]
    assert kept.memo is not None and PERSON.encode() in kept.memo
    assert (now.memo, now.memo_erased) == (None, True)
    assert (now.record, now.data) == (kept.record, kept.data)
    event = now.event
    assert isinstance(event, TransactionPosted) and event.memo.description is None
    assert event.postings == decode("TransactionPosted", 1, kept.data, None).postings  # type: ignore[union-attr]


async def test_who_erased_it_and_why_stands_in_the_log(store: Store) -> None:
    books = await store.books()
    record = await erased(books)
    last = (await books.records())[-1]
    assert last.event == MemoErased(record.position, WHY, "GDPR Art. 17")
    serial = (await books.ledger()).serial
    assert await store.journal.find_erasures(serial, [record.position, 0]) == {record.position: last.position}


async def test_the_tree_and_its_proofs_do_not_change(store: Store) -> None:
    books = await store.books()
    record = await erased(books)
    leaves = [hash_leaf(each.record) for each in await books.records()]
    ledger = await books.ledger()
    assert ledger.head.root == compute_root(leaves)
    proof = prove_inclusion(record.position, len(leaves), compute_nodes(leaves))
    assert verify_inclusion(leaves[record.position], record.position, len(leaves), proof, ledger.head.root)


async def test_the_same_order_under_its_key_is_still_a_repeat(store: Store) -> None:
    books = await store.books()
    posted = await books.submit(transfer("5.00", description=PERSON), key="rent")
    erasing = EraseMemo(posted.position, WHY, force=True)
    first = await books.submit(erasing, key="erase")
    again = await books.submit(erasing, key="erase")
    assert (again.position, again.replayed) == (first.position, True)
    repeated = await books.submit(transfer("5.00", description=PERSON), key="rent")
    assert (repeated.position, repeated.replayed) == (posted.position, True)
    with pytest.raises(AlreadyErased):
        await books.submit(erasing)


@pytest.mark.parametrize("projection", make_projections(), ids=lambda each: each.name)
async def test_a_rebuild_without_the_texts_equals_what_ran_live(store: Store, projection: Projection) -> None:
    books = await store.books()
    await erased(books)
    await rename_and_forget(books)
    await store.project()
    ledger = await books.ledger()
    live = await all_rows(store.projections, projection, ledger.serial)
    report = await rebuild(store.journal, store.projections, projection, ledger.serial)
    assert report.cut_over and not report.differences
    assert PERSON.casefold() not in str(live).casefold()


async def rename_and_forget(books: Books) -> int:
    """An account that bore the person's name, and does no more."""
    account = (await books.submit(OpenAccount(f"Liabilities:{PERSON}"))).position
    await books.submit(transfer("1.00"))
    await books.submit(RenameAccount(account, path=f"Liabilities:P-{account}"))
    ledger = await books.ledger()
    assert await books.store.journal.find_old_names(ledger.serial, account) == {account}
    await books.submit(EraseMemo(account, WHY, force=True))
    return account


async def test_an_old_name_is_forgotten_by_all_guards(store: Store, outside: Outsider) -> None:
    books = await store.books()
    account = await rename_and_forget(books)
    serial = (await books.ledger()).serial
    assert await store.journal.find_account_id(serial, f"Liabilities:{PERSON}") is None
    assert await store.journal.find_account_id(serial, f"Liabilities:P-{account}") == account
    assert await store.journal.find_old_names(serial, account) == set()
    names = await outside.fetch(f"SELECT name FROM account_names WHERE ledger = {serial}")
    assert not [name for (name,) in names if PERSON in name]
    with pytest.raises(NotFound):
        await books.submit(EraseMemo(10**9, WHY, force=True))


@pytest.mark.own_database
async def test_the_text_is_in_no_file_any_more(store: Store, url: str, tmp_path: Path) -> None:
    """The raw files are searched. On PostgreSQL the operator has tables written anew, as the docs say; its write-ahead
    log, which the docs name, is not searched."""
    books = await store.books()
    async with open_store(url) as elsewhere:  # another process has the files open too
        await erased(books)
        await rename_and_forget(books)
        await store.project()
        if not store.is_sqlite:
            await sampled(url, books)
        assert await elsewhere.journal.find(books.uuid) is not None
    if not store.is_sqlite:
        await written_anew(url)
    texts = [PERSON.encode(), PERSON.casefold().encode()]
    files = raw_files(tmp_path if store.is_sqlite else await database_folder(url))
    assert len(files) >= 2
    for name, raw in files.items():
        assert not any(text in raw for text in texts), name
    assert any(b"somebody else" in raw for raw in files.values()), "what nobody erased is still found"


async def sampled(url: str, books: Books) -> None:
    """Texts that statistics have seen, and one so long that it lies in a TOAST table, erased afterwards."""
    long = " ".join(f"{PERSON} {sha256(str(n).encode()).hexdigest()}" for n in range(200))
    texts = (PERSON, f"{PERSON} again", f"{PERSON} once more", long)
    posted = [await books.submit(transfer("1.00", description=each, payee=each)) for each in texts]
    await books.store.project()
    async with outsider(url) as outside:
        await outside.execute("ANALYZE")
        await outside.execute("CHECKPOINT")
    files = raw_files(await database_folder(url))
    assert len([name for name, raw in files.items() if PERSON.encode() in raw]) >= 5, "there is something to find"
    for each in posted:
        await books.submit(EraseMemo(each.position, WHY, force=True))
    await books.store.project()


async def written_anew(url: str) -> None:
    """What docs/erasure.md tells the operator to do."""
    page = (Path(__file__).parents[2] / "docs" / "erasure.md").read_text(encoding="utf-8")
    _, _, block = page.partition("```sql\n")
    async with outsider(url) as outside:
        for statement in block.partition("```")[0].split(";"):
            if statement.strip():
                await outside.execute(statement)


async def database_folder(url: str) -> Path:
    """Where the files of this database's tables and indexes lie."""
    async with outsider(url) as outside:
        data = await outside.value("SHOW data_directory")
        oid = await outside.value("SELECT oid FROM pg_database WHERE datname = current_database()")
    return Path(data) / "base" / str(oid)


def raw_files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, as it lies there."""
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}

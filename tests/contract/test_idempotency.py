"""A key gives its first answer for ever: whoever asks, however often, whatever has happened since. Promise 1."""

import asyncio

import pytest

from ledger.accounts import Role
from ledger.books.accounts import CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.ledger import DeclareCurrency, UpdateLedger
from ledger.errors import IdempotencyMismatch, PreconditionFailed, Unbalanced
from ledger.journal import Receipt
from ledger.sequencer import Order
from ledger.slices import Command
from tests.builders import credit, debit, post, reverse, transfer
from tests.stores import CLERK, Books, Outsider, Store, open_store


def same(first: Receipt, again: Receipt) -> bool:
    """Whether `again` is the first answer, marked as a repeat."""
    facts = [(r.command, r.id, r.position, r.first, r.count, r.recorded_at, r.event) for r in (first, again)]
    return facts[0] == facts[1] and again.replayed and not first.replayed


async def test_a_key_given_again_gets_the_same_answer_and_writes_nothing(store: Store, other: Store) -> None:
    books = await store.books()
    first = await books.submit(transfer("5.00", description="lunch"), key="k")
    size = await books.size()
    elsewhere = books.by(other.sequencer())
    for each in (books, elsewhere, books):
        assert same(first, await each.submit(transfer("5.00", description="lunch"), key="k"))
    assert await books.size() == size


@pytest.mark.parametrize(
    "different",
    [
        transfer("5.01", description="lunch"),
        transfer("5.00", description="dinner"),
        transfer("5.00"),
        transfer("5.00", description="lunch", on="2024-05-18"),
        transfer("5.00", "USD", description="lunch"),
        transfer("5.00", description="lunch", series="B"),
        post(debit("Assets:Bank", "5.00"), credit("Equity:Opening", "5.00"), description="lunch"),
        OpenAccount("Assets:Till"),
    ],
)
async def test_a_key_given_again_with_something_else_is_refused(store: Store, different: Command) -> None:
    books = await store.books()
    await books.submit(transfer("5.00", description="lunch"), key="k")
    size = await books.size()
    with pytest.raises(IdempotencyMismatch):
        await books.submit(different, key="k")
    assert await books.size() == size


async def test_the_same_command_said_in_other_words_is_the_same(store: Store) -> None:
    books = await store.books()
    first = await books.submit(transfer("5.00", description="lunch"), key="k")
    cash = (await store.journal.find_account_id((await books.ledger()).serial, "#1000")) or 0
    for account in ("#1000", cash, "Assets:Cash"):
        words = post(debit(account, "5"), credit("Equity:Opening", "5.0"), description="lunch", declares={})
        assert same(first, await books.submit(words, key="k"))


async def test_a_key_twice_in_one_batch_is_a_repeat(store: Store) -> None:
    books = await store.books()
    answers = await books.submit_all(
        Order(transfer("5.00"), key="k"), Order(transfer("5.00"), key="k"), Order(transfer("6.00"), key="k")
    )
    first, again, mismatch = answers
    assert isinstance(first, Receipt) and isinstance(again, Receipt)
    assert same(first, again)
    assert isinstance(mismatch, IdempotencyMismatch)
    assert await books.size() == first.size
    together = await books.submit_all(
        *[Order(OpenAccount("Assets:Till"), key=key) for key in ("a", "a", "a")], atomic=True
    )
    assert [isinstance(each, Receipt) and each.replayed for each in together] == [False, True, True]


async def test_two_callers_of_one_process_with_one_key_get_one_write(store: Store, outside: Outsider) -> None:
    books = await store.books()
    async with outside.holding_head(books.uuid):
        tasks = [asyncio.create_task(books.submit(transfer("5.00"), key="k")) for _ in range(5)]
        await outside.waiters(1)
    answers = await asyncio.gather(*tasks)
    assert [answer.replayed for answer in answers] == [False, True, True, True, True]
    assert {answer.position for answer in answers} == {await books.size() - 1}


async def test_a_duplicate_that_waits_for_the_head_lock_gets_the_first_ones_answer(
    store: Store, other: Store, outside: Outsider
) -> None:
    books = await store.books()
    elsewhere = books.by(other.sequencer())
    for n in range(3):
        async with outside.holding_head(books.uuid):
            tasks = [
                asyncio.create_task(each.submit(transfer("5.00"), key=f"k{n}")) for each in (books, elsewhere, books)
            ]
            await outside.waiters(2)
        answers = await asyncio.gather(*tasks)
        assert sorted(answer.replayed for answer in answers) == [False, True, True]
        assert {answer.position for answer in answers} == {await books.size() - 1}


async def test_without_a_key_nothing_is_a_repeat(store: Store) -> None:
    books = await store.books()
    answers = await books.submit_all(transfer("5.00"), transfer("5.00"))
    answers += [await books.submit(transfer("5.00"))]
    assert len({answer.position for answer in answers if isinstance(answer, Receipt) and not answer.replayed}) == 3


async def test_keys_are_compared_byte_by_byte(store: Store) -> None:
    books = await store.books()
    for n, key in enumerate(("key", "KEY", "Key", "key ", " key", "k\u00e9y", "ke\u0301y", "%", "_", "'")):
        assert not (await books.submit(transfer(f"{n + 1}.00"), key=key)).replayed


async def test_every_kind_of_command_is_repeated_after_everything_has_changed(
    store: Store, url: str, outside: Outsider
) -> None:
    books = await store.books()
    posted = await books.submit(transfer("1.00"))
    commands: dict[str, Command] = {
        "declare": DeclareCurrency("BEANS", 0),
        "open": OpenAccount("Assets:Till", number="77", role=Role.CASH, label="till", metadata={"a": [1.5, True]}),
        "post": post(debit("Assets:Till", "5.00"), credit("Equity:Opening", "5.00"), description="float"),
        "undo": reverse(posted.id, notes="wrong"),
        "back": post(debit("Assets:Till", "-5.00"), credit("Equity:Opening", "-5.00")),
        "rename": RenameAccount("Assets:Till", path="Assets:Drawer", label="drawer"),
        "update": UpdateAccount("Assets:Till", role=None, metadata={"b": {}}),
        "close": CloseAccount("#77"),
        "settings": UpdateLedger(name="Other books", time_zone="Europe/Berlin"),
        "reopen": ReopenAccount("#77"),
    }
    first = {key: await books.submit(command, key=key) for key, command in commands.items()}
    await books.submit_all(
        RenameAccount("Assets:Drawer", path="Assets:Box", number="78"),
        CloseAccount("Assets:Box"),
        reverse(first["undo"].id),
        UpdateLedger(name="Third"),
    )
    size = await books.size()
    async with open_store(url) as restarted:
        again = books.by(restarted.sequencer())
        for key, command in commands.items():
            assert same(first[key], await again.submit(command, key=key)), key
        serial = (await books.ledger()).serial
        await outside.execute(f"UPDATE memos SET memo = NULL WHERE ledger = {serial}")  # every name and text is erased
        for key, command in commands.items():
            replayed = await again.submit(command, key=key)
            assert (replayed.id, replayed.replayed) == (first[key].id, True), key
        with pytest.raises(IdempotencyMismatch):  # the facts still stand
            await again.submit(post(debit("Assets:Box", "6.00"), credit("Equity:Opening", "6.00")), key="post")
    assert await books.size() == size


async def test_a_known_key_is_answered_before_any_precondition_and_any_rule(store: Store) -> None:
    books = await store.books()
    account = (await books.submit(OpenAccount("Assets:Till"))).position
    command = RenameAccount(account, label="till")

    async def label(key: str | None) -> Receipt:
        return await books.sequencer.submit(books.uuid, command, actor=CLERK, key=key, unchanged_since=[account])

    first = await label("k")
    assert same(first, await label("k"))
    with pytest.raises(PreconditionFailed):
        await label(None)


async def test_a_repeat_fails_no_group(store: Store) -> None:
    books = await store.books()
    first = await books.submit(transfer("5.00"), key="k")
    again, new = await books.submit_all(Order(transfer("5.00"), key="k"), transfer("6.00"), atomic=True)
    assert isinstance(again, Receipt) and isinstance(new, Receipt)
    assert same(first, again)
    assert new.position == first.size


async def test_a_repeat_of_a_group_repeats_all_of_it(store: Store) -> None:
    books = await store.books()
    orders = [Order(transfer(f"{n}.00"), key=f"k{n}") for n in range(1, 4)]
    first = await books.submit_all(*orders, atomic=True)
    again = await books.submit_all(*[Order(order.command, key=order.key) for order in orders], atomic=True)
    for one, other in zip(first, again, strict=True):
        assert isinstance(one, Receipt) and isinstance(other, Receipt)
        assert same(one, other)


async def test_a_refused_group_leaves_its_keys_free(store: Store) -> None:
    books = await store.books()
    unbalanced = post(debit("Assets:Cash", "5.00"), credit("Equity:Opening", "4.00"))
    with pytest.raises(Unbalanced):
        await books.submit_all(Order(transfer("1.00"), key="k"), unbalanced, atomic=True)
    assert not (await books.submit(transfer("2.00"), key="k")).replayed


async def test_keys_of_one_ledger_are_free_in_another(store: Store) -> None:
    first, second = await store.books(), await store.books()
    assert not (await first.submit(transfer("5.00"), key="k")).replayed
    assert not (await second.submit(transfer("6.00"), key="k")).replayed


async def test_a_key_holds_among_thousands_of_others(store: Store) -> None:
    books: Books = await store.books()
    first = await books.submit(transfer("5.00"), key="k")
    await books.submit_all(*[Order(transfer("1.00"), key=f"n{n}") for n in range(2_000)])
    assert same(first, await books.submit(transfer("5.00"), key="k"))

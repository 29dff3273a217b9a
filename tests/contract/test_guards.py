"""Guards that a process remembers between its batches are those of the tables, whoever else writes."""

import random
from typing import Any

import pytest

from ledger.accounts import ACCOUNTS, NAMES
from ledger.books.accounts import CloseAccount, OpenAccount, RenameAccount, ReopenAccount
from ledger.books.erasure import EraseMemo
from ledger.books.ledger import DeclareCurrency, UpdateLedger
from ledger.books.members import GrantRole
from ledger.errors import AccountIsClosed
from ledger.journal import Receipt
from ledger.members import MEMBERS, MemberRole
from ledger.slices import Command
from ledger.store.guard_cache import Guards
from ledger.transactions import CURRENCIES, TOTALS
from tests.builders import credit, debit, post, reverse, transfer
from tests.readmodels.reading import writing_counted
from tests.stores import Books, Store


async def assert_as_in_the_tables(store: Store, books: Books) -> bool:
    """What is remembered of these books is what the tables say, and all that it claims to be. False: nothing is."""
    remembered = store.journal._guards._known.get(books.uuid)
    ledger = await books.ledger()
    if remembered is None or remembered.head != ledger.head:
        return False
    state, journal = remembered.state, store.journal
    for name, named in state[NAMES].items():
        assert await journal.find_account_id(ledger.serial, name) == named.account
    for id_, account_ in state[ACCOUNTS].items():
        assert await journal.find_account(ledger.serial, id_) == account_
    totals = await journal.read_totals(ledger.serial)
    assert state[TOTALS] == {key: sums for key, sums in totals.items() if key[0] in state[ACCOUNTS]}
    assert state[CURRENCIES] == await journal.read_currencies(ledger.serial)
    members = {member.user: member for member in await journal.list_members(ledger.serial)}
    assert {user: member for user, member in state[MEMBERS].items() if member.role} == {
        user: member for user, member in members.items() if user in state[MEMBERS]
    }
    assert state.settings == ledger.settings
    return True


def some_command(rng: random.Random, posted: list[Receipt]) -> Command:
    """Mostly transactions; some are refused."""
    account = rng.choice(["Assets:Cash", "Assets:Bank", "Assets:New"])
    last = rng.choice(posted) if posted else None
    choices: list[Any] = [
        OpenAccount(f"Assets:New{rng.choice(['', ' 2'])}"),
        RenameAccount(account, path=f"Assets:Called {rng.randrange(3)}"),
        CloseAccount("Liabilities:Loan"),
        ReopenAccount("Liabilities:Loan"),
        DeclareCurrency(f"POINTS{rng.randrange(3)}", 1),
        GrantRole("bob", rng.choice(list(MemberRole))),
        UpdateLedger(name=f"Books {rng.randrange(9)}"),
        reverse(last.id) if last else transfer("1.00"),
        EraseMemo(last.position, "why not", force=True) if last else transfer("1.00"),
    ]
    plain = post(
        debit(account, "5.00"),
        credit(rng.choice(["Equity:Opening", "Liabilities:Loan"]), "5.00"),
        on=rng.choice(["2024-05-17", "2023-05-17"]),
        series=rng.choice("AB"),
        description="x",
    )
    chosen: Command = rng.choice([*choices, *[plain] * 9])
    return chosen


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_remembered_is_what_the_tables_say(store: Store, other: Store, seed: int) -> None:
    rng, books = random.Random(seed), await store.books()
    elsewhere = books.by(other.sequencer())
    posted: list[Receipt] = []
    remembered = 0
    for _ in range(40):
        here = rng.random() < 0.7
        commands = [some_command(rng, posted) for _ in range(rng.choice([1, 1, 3]))]
        answers = await (books if here else elsewhere).submit_all(*commands, atomic=False)
        posted += [each for each in answers if isinstance(each, Receipt) and "Transaction" in type(each.event).__name__]
        remembered += await assert_as_in_the_tables(store, books)
    assert remembered > 10


async def test_a_group_that_is_refused_as_a_whole_leaves_nothing_behind(store: Store) -> None:
    books = await store.books()
    await books.submit(transfer("1.00"))
    closed = CloseAccount("Liabilities:Loan")
    with pytest.raises(AccountIsClosed):
        await books.submit_all(transfer("2.00"), closed, closed, atomic=True)
    await books.submit(transfer("4.00"))
    assert await assert_as_in_the_tables(store, books)
    await books.submit(post(debit("Liabilities:Loan", "1.00"), credit("Assets:Cash", "1.00")))


async def test_what_is_remembered_is_not_read_again(store: Store, other: Store) -> None:
    books = await store.books()
    await books.submit(transfer("1.00"))
    async with writing_counted(store.journal.database) as sent:
        await books.submit(transfer("2.00"))
        assert not [each for each in sent if each.startswith("SELECT") and "account_names" in each]
        await books.by(other.sequencer()).submit(transfer("3.00"))
        await books.submit(transfer("4.00"))  # another process has written: names, accounts, sums, currencies
        assert len([each for each in sent if each.startswith("SELECT") and "account_names" in each]) == 1


async def test_no_more_is_remembered_than_there_is_room_for(store: Store) -> None:
    store.journal._guards = Guards(rows_max=40)
    many = [await store.books() for _ in range(6)]
    for books in many:
        await books.submit(transfer("1.00"))
    known = store.journal._guards._known
    assert 1 <= len(known) < len(many)
    assert list(known)[-1] == many[-1].uuid
    for books in many:
        await books.submit(transfer("1.00"))

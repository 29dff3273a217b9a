"""Books with everything in them that an audit looks at, and audits of whatever a test has at hand."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

from api.audit.open_source import audit as verify_at
from api.audit.policy_and_state import StateFile
from api.audit.read_models import compare_read_models
from api.audit.report import Name, Report
from ledger.accounts import Role
from ledger.books.accounts import CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.erasure import EraseMemo
from ledger.books.ledger import DeclareCurrency, UpdateLedger
from ledger.books.members import GrantRole, RevokeRole
from ledger.codec import Actor
from ledger.controls.limits import SetLimits
from ledger.journal import Receipt
from ledger.members import MemberRole
from ledger.money import Amount
from ledger.notes import VerifierKey
from ledger.slices import Command
from ledger.transactions import Document
from tests.builders import credit, debit, money, post, quantity, reverse, tax, transfer
from tests.stores import Books, Store

WHY = "asked by the person"
UNCHECKED_WITHOUT_POLICY = {Name.SIGNATURES, Name.HISTORY}


async def rich_books(store: Store, *, transfers: int = 300) -> Books:
    """Every type of event, by every kind of actor: reversed, renamed, closed, reopened, limited, erased, in four
    currencies."""
    books = await store.books()
    bob, carol = Actor("user", "bob"), Actor("user", "carol")

    async def submit(command: Command, actor: Actor | None = None, key: str | None = None) -> Receipt:
        return await books.sequencer.submit(books.uuid, command, actor=actor or Actor("user", "ada"), key=key)

    await submit(GrantRole("bob", MemberRole.BOOKKEEPER))
    await submit(GrantRole("carol", MemberRole.OWNER, dt.datetime(2999, 1, 1, tzinfo=dt.UTC)))
    await submit(DeclareCurrency("POINTS", 0), bob)
    first = await submit(transfer("5.00", description="the first", notes="of many"), bob, key="first")
    await submit(
        post(
            debit("Assets:Cash", "10.00", "USD", text="fare", dimensions={"trip": "7"}, tax=tax("V19", "8.40")),
            debit("Assets:Bank", "0", "JPY", original=money("0.00", "EUR"), quantity=quantity("2.5", "h")),
            credit("Equity:Opening", "10.00", "USD", party="C7"),
            on="2023-12-31",
            series="B",
            document=Document(ref="R-1", party="C7", sha256=("00" * 32,)),
            description='a "quoted" line\nand äöü',
            tags=("a", "b"),
            metadata={"n": 1.5, "big": 1e20, "list": [1, None, True]},
        ),
        Actor("token", "llmt-1", "bob"),
        key="second",
    )
    undone = await submit(reverse(first.id, on="2024-06-01", description="wrong"), carol, key="undo")
    assert undone.position > first.position
    old = await submit(OpenAccount("Assets:Tilly Old", number="7", label="Tilly", metadata={"who": "Tilly"}), bob)
    await submit(RenameAccount(old.position, path="Assets:Till", label="till", number="8"), bob)
    await submit(UpdateAccount(old.position, currencies=("EUR", "POINTS"), metadata={"who": "nobody"}), bob)
    again = await submit(RenameAccount("Assets:Till", path="Assets:Willy"), bob)
    await submit(RenameAccount("Assets:Willy", path="Assets:Till 2"), bob)
    await submit(EraseMemo(old.position, WHY, "GDPR Art. 17", force=True))
    await submit(EraseMemo(again.position, WHY, force=True), carol)
    await submit(OpenAccount("Assets:Willy"), bob)  # the name is free again
    erased = await submit(transfer("3.00", description="Tilly bought it"), bob, key="erased")
    await submit(EraseMemo(erased.position, WHY, force=True))
    await submit(reverse(erased.id, on="2025-01-01"), bob)
    await submit(CloseAccount("Assets:Till 2"), bob)
    await submit(ReopenAccount("Assets:Till 2"), bob)
    await submit(CloseAccount("Assets:Bank"), bob)
    await submit(UpdateLedger(name="Books of many", time_zone="Europe/Berlin", retention_years=7))
    await submit(SetLimits("Assets:Cash", "EUR", Amount(-100, 0), Amount(10**9, 2)))
    await submit(SetLimits("Equity:Opening", "EUR", ceiling=Amount(0, 0)), carol)
    await submit(SetLimits("Assets:Bank", "POINTS", floor=Amount(5, 0)))
    await submit(SetLimits("Assets:Bank", "POINTS"))
    await submit(RevokeRole("bob"))
    await submit(GrantRole("bob", MemberRole.BOOKKEEPER), carol)
    for path, role in (("Liabilities:VAT", Role.TAX), ("Liabilities:Dues", Role.TAX), ("Assets:Due", Role.RECEIVABLE)):
        await submit(OpenAccount(path, role=role), bob)
    bills: list[Receipt] = []
    for month in range(1, 5):  # one of them is paid and one taken back
        owed = credit("Liabilities:Loan", f"{month}.50")
        document = Document(ref=f"R-{month}", party=f"C{month}", due=dt.date(2024, month, 28))
        rent = post(debit("Expenses:Rent", f"{month}.50"), owed, document=document, metadata={"month": month})
        bills.append(await submit(rent, bob))
    await submit(reverse(bills[-1].id), bob)
    await submit(post(debit("Liabilities:Loan", "1.50", party="C1"), credit("Assets:Cash", "1.50")), bob)
    await books.submit_all(*(transfer(f"{n}.00", description=f"number {n}") for n in range(1, transfers)))
    await submit(
        post(debit("Expenses:Rent", "9.50"), credit("Liabilities:Loan", "9.50", due=dt.date(2025, 1, 28))), bob
    )
    await submit(transfer("0.01", description="nearly the last"), bob, key="last")
    await submit(UpdateLedger(retention_years=8))
    await store.project()
    return books


def audit(
    source: str | Path,
    ledger: str | None = None,
    *,
    token: str | None = None,
    policy: list[VerifierKey] | None = None,
    state: Path | None = None,
    processes: int = 1,
    read_models: bool = True,
) -> Report:
    """What an audit finds."""
    return verify_at(
        str(source),
        ledger=ledger,
        token=token,
        policy=policy,
        state=None if state is None else StateFile(state),
        processes=processes,
        read_models=compare_read_models if read_models else None,
    )


async def audited(*given: Any, **options: Any) -> Report:
    """The same, from inside an event loop: an audit has its own."""
    return await asyncio.to_thread(audit, *given, **options)


def assert_fine(report: Report, *, unchecked: set[Name] = UNCHECKED_WITHOUT_POLICY) -> None:
    """Nothing is wrong, and everything but this was looked at, at least in part."""
    assert list(report.faults) == []
    assert report.exit_code == 0
    assert {check.name for check in report.checks.values() if check.status == "not checked"} == unchecked

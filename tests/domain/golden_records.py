"""Records whose bytes are fixed for ever: one case here for every file in `golden/`.

A golden file holds the exact texts of one record and the hash of its leaf. Ledgers out in the world hold such bytes,
under proofs, so **a golden file is never rewritten**: when a test says that one differs, the code is wrong.

To add one, for a new event type or a variant worth guarding: add a case to `GOLDEN`, then

    python -m tests.domain.golden_records

writes the files that are missing, and touches none that is there. Read the new file before you commit it.
A new schema of a type gets cases of its own; those of the old schema keep their files, and have only to be decoded
from then on: move them to `DECODED_ONLY`.
"""

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.accounts import AccountType, Role, Side
from ledger.books.accounts import AccountClosed, AccountOpened, AccountRenamed, AccountReopened, AccountUpdated
from ledger.books.erasure import MemoErased
from ledger.books.ledger import LedgerOpened, LedgerUpdated
from ledger.books.members import MemberGranted, MemberRevoked
from ledger.codec import Actor, Envelope, Sealed, seal
from ledger.controls.limits import LimitSet
from ledger.members import MemberRole
from ledger.merkle import hash_leaf
from ledger.money import Amount
from ledger.slices import Event
from ledger.transactions import CurrencyDeclared, Document, Kind, Memo, Posting, TransactionPosted
from tests.builders import NONCE, credit, day, debit, money, quantity, tax

FOLDER = Path(__file__).parent / "golden"

LEDGER = "018f8a3e-0000-7000-8000-00000000cafe"
REQUEST = "018f8a3e-1111-7111-8111-111111111111"
SALT = bytes(range(0xF0, 0x100))
ADA = Actor("user", "4zqkd3nqx7ydt7pxmfwrqvxc")

# U+10000 and beyond stand before U+E000..U+FFFF in UTF-16's order, which is RFC 8785's, and after it in Python's.
ORDER = {"\ufb33": 1, "\U0001f602": 2, "é": 3, "z": 4, "": 5}


@dataclass(frozen=True)
class Golden:
    """What is sealed in a case."""

    event: Event
    position: int = 7
    actor: Actor = ADA
    request: str | None = REQUEST
    key: str | None = None
    recorded_at: dt.datetime = field(default=dt.datetime(2024, 5, 17, 12, 34, 56, 789000, dt.UTC))

    def sealed(self) -> Sealed:
        """The record, made now."""
        return seal(self.event, self.envelope, SALT)

    @property
    def envelope(self) -> Envelope:
        """The record's envelope, its ids derived from the position."""
        id_ = f"018f8a3e-2222-7222-8222-{self.position:012d}"
        return Envelope(LEDGER, self.position, id_, self.recorded_at, self.actor, self.request, id_, self.key)


def transaction(*postings: Posting[int], **members: Any) -> TransactionPosted:
    """A transaction as the books hold it."""
    given = {"date": day("2024-05-17"), "kind": Kind.NORMAL, "series": "A", "number": 1, **members}
    return TransactionPosted(postings=postings, **given)


def posted(posting: Any) -> Posting[int]:
    """A posting whose account is named by its id, as in an event."""
    assert isinstance(posting.account, int)
    settled: Posting[int] = posting
    return settled


CASH, BANK, EQUITY = 1, 2, 3
FIVE = (posted(debit(CASH, "5.00")), posted(credit(EQUITY, "5.00")))

LEDGER_OPENED = LedgerOpened("ada", "EUR", "UTC", "01-01", 10, NONCE, id="books")

GOLDEN: dict[str, Golden] = {
    "ledger_opened": Golden(LEDGER_OPENED, position=0),
    "ledger_opened_named": Golden(
        LedgerOpened("u2", "XBT", "America/Argentina/Buenos_Aires", "07-01", 30, NONCE, id="b-2", name='Zoë & "Co" 📒'),
        position=0,
        actor=Actor("cli", "root", on_behalf="u2"),
        request=None,
        key="open b-2",
    ),
    "ledger_updated_time_zone": Golden(LedgerUpdated(time_zone="Europe/Berlin")),
    "ledger_updated_name": Golden(LedgerUpdated(name="Books of Ada")),
    "ledger_updated_everything": Golden(LedgerUpdated("Asia/Tokyo", 6, "JPY", "04-01", "帳簿")),
    "currency_declared": Golden(CurrencyDeclared("EUR", 2)),
    "currency_declared_without_fraction": Golden(CurrencyDeclared("JPY", 0), actor=Actor("system", "import")),
    "account_opened": Golden(AccountOpened(AccountType.ASSET, Side.DEBIT, path="Assets:Cash")),
    "member_granted": Golden(MemberGranted("u2", MemberRole.BOOKKEEPER)),
    "member_granted_until": Golden(
        MemberGranted("u3", MemberRole.AUDITOR, dt.datetime(2024, 12, 31, 23, 59, 59, 7, dt.UTC)),
        actor=Actor("token", "018f8a3e-3333-7333-8333-333333333333", on_behalf="u2"),
    ),
    "member_revoked": Golden(MemberRevoked("u2"), key="leave"),
    "memo_erased": Golden(MemoErased(4, "asked by the person", "GDPR Art. 17")),
    "memo_erased_without_basis": Golden(MemoErased(2**31, 'a typing error: "secret" – weg')),
    "account_opened_everything": Golden(
        AccountOpened(
            AccountType.LIABILITY,
            Side.DEBIT,
            number="1930",
            role=Role.RETAINED_EARNINGS,
            currencies=("XBT", "EUR"),
            path="Förderung/Überschuß:Konto 👛",
            label='line one\nline \\ "two"',
            metadata={"order": ORDER, "floats": [1.0, 1.5, -0.0, 1e21, 1e-7, 5e-324], "null": None, "yes": True},
        ),
        actor=Actor("token", "018f8a3e-3333-7333-8333-333333333333", on_behalf="u2"),
        key="!~",
    ),
    "account_opened_without_texts": Golden(AccountOpened(AccountType.ASSET, Side.DEBIT, number="1930")),
    "account_renamed_path": Golden(AccountRenamed(CASH, path="Assets:Till")),
    "account_renamed_number": Golden(AccountRenamed(CASH, number="4.1-a")),
    "account_renamed_everything": Golden(AccountRenamed(CASH, number="1001", path="Assets:Till", label="Till")),
    "account_updated": Golden(AccountUpdated(CASH, role=Role.CASH, currencies=("EUR", "USD"))),
    "account_updated_to_nothing": Golden(AccountUpdated(CASH)),
    "account_updated_metadata_numbers": Golden(
        AccountUpdated(CASH, metadata={"n": [0.0, -0.0, 1.0, 1e21, 1.5e-7, -7]})
    ),
    "account_updated_metadata": Golden(AccountUpdated(CASH, metadata={"a": {"b": [1, "2", False]}})),
    "account_updated_metadata_emptied": Golden(AccountUpdated(CASH, metadata={})),
    "account_closed": Golden(AccountClosed(CASH)),
    "account_reopened": Golden(AccountReopened(CASH)),
    "limit_set": Golden(LimitSet(CASH, "EUR", floor=Amount(-500000, 2), ceiling=Amount(10**38 - 1, 2))),
    "limit_set_ceiling": Golden(LimitSet(CASH, "XBT", ceiling=Amount(0, 30))),
    "limit_set_to_none": Golden(LimitSet(CASH, "JPY")),
    "transaction_posted": Golden(transaction(*FIVE, memo=Memo(description="Opening balance")), key="import:a:1"),
    "transaction_posted_without_memo": Golden(transaction(*FIVE)),
    "transaction_posted_everything": Golden(
        transaction(
            posted(
                debit(
                    CASH,
                    "100.00",
                    text="May",
                    dimensions={"project": "P1", "cost_centre": "HQ"},
                    tax=tax("V19", "84.03"),
                    original=money("16000", "JPY"),
                    party="C-12",
                    due=day("2024-06-16"),
                    value_date=day("2024-05-18"),
                    quantity=quantity("1.50", "month"),
                )
            ),
            posted(credit(BANK, "60.00", tax=tax("V19"))),
            posted(credit(EQUITY, "40.00", text="rest")),
            kind=Kind.ADJUSTMENT,
            series="RE",
            number=4711,
            document=Document("R-7", day("2024-05-16"), day("2024-06-16"), "C-12", ("ab" * 32, "cd" * 32)),
            memo=Memo(
                description="Rent",
                payee="Landlord",
                notes="paid\tlate\r\n",
                tags=("rent", "office"),
                metadata={"file": "x.pdf", "pages": [1, 2], "order": ORDER},
                imported={"cleared": True, "rate": 160.0, "share": 0.1},
            ),
        ),
        position=2**31,
    ),
    "transaction_posted_imported": Golden(transaction(*FIVE, memo=Memo(imported={"rate": 160.0}))),
    "transaction_posted_reversal": Golden(
        transaction(
            posted(credit(CASH, "5.00", tax=tax("V", "-4.20"))),
            posted(debit(EQUITY, "5.00")),
            number=2,
            reverses="018f8a3e-2222-7222-8222-000000000007",
        )
    ),
    "transaction_posted_exact_amounts": Golden(
        transaction(
            posted(debit(CASH, "9" * 38, "JPY")),
            posted(credit(EQUITY, "9" * 38, "JPY")),
            posted(debit(CASH, "0." + "0" * 29 + "1", "XBT")),
            posted(credit(CASH, "0." + "0" * 29 + "1", "XBT")),
            posted(debit(CASH, "0.00", "EUR")),
            posted(credit(CASH, "0.00", "EUR")),
            kind=Kind.OPENING,
            document=Document(),
        )
    ),
    "transaction_posted_memo_in_any_letters": Golden(
        transaction(
            *FIVE, kind=Kind.REVALUATION, memo=Memo("\u0000\u001f\u007f\u2028</script>€é\U0001f602", tags=("",))
        )
    ),
    "transaction_posted_line_text_only": Golden(
        transaction(FIVE[0], posted(credit(EQUITY, "5.00", text="")), kind=Kind.CLOSING),
        recorded_at=dt.datetime(2024, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    ),
}

DECODED_ONLY: dict[str, Golden] = {}
"""Cases of schemas that are no longer written."""


def golden_text(golden: Golden) -> str:
    """The content of a case's file."""
    record, data, memo = golden.sealed()
    members = {
        "record": record.decode(),
        "data": data.decode(),
        "memo": None if memo is None else memo.decode(),
        "leaf_hash": hash_leaf(record).hex(),
    }
    return json.dumps(members, indent=2) + "\n"


def write_missing() -> None:
    """A file for every case that has none."""
    for name, golden in GOLDEN.items():
        path = FOLDER / f"{name}.json"
        if not path.exists():
            with path.open("x", encoding="utf-8") as file:  # "x": never over one that is there
                file.write(golden_text(golden))


if __name__ == "__main__":
    write_missing()

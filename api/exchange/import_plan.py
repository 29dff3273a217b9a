"""What an import asks for and what pass one makes of it: which accounts to open, which currencies to declare, and
which lines are bad. Pure: the ledger's state is given, and the ledger's own rules judge each line.
"""

import datetime as dt
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from api.exchange.import_lines import Draft
from api.shapes.currencies import find_iso_scale
from api.wording import spell_count
from ledger.accounts import (
    ACCOUNTS,
    NAMES,
    Account,
    AccountId,
    AccountName,
    AccountRef,
    AccountType,
    Side,
    infer_type,
    require_path,
    require_visible,
)
from ledger.books.accounts import OpenAccount
from ledger.books.ledger import DeclareCurrency
from ledger.books.transactions import PostTransaction
from ledger.decide import decide, is_same_request, restore_command
from ledger.errors import IdempotencyMismatch, InvalidField, LedgerError, Rejected
from ledger.journal import Known
from ledger.money import Amount, make_comparable, require_currency, require_scale, rescale
from ledger.sequencer import utc_now
from ledger.state import State
from ledger.transactions import CURRENCIES, NO_TOTALS, TOTALS, Posting, Totals, TransactionPosted

SCALE_WITHOUT_ISO = 8

# --- what is asked for -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImportOptions:
    """How to read a file."""

    open_accounts: bool = False
    """Open unknown accounts and declare unknown currencies."""
    type_map: tuple[tuple[str, AccountType], ...] = ()
    """By prefix of the account's path; `*` is the rest."""
    currency_map: Mapping[str, str] = field(default_factory=dict)
    """Symbol in the file to currency code."""
    scales: Mapping[str, int] = field(default_factory=dict)
    source: str | None = None
    dry_run: bool = False
    skip_bad: bool = False


def parse_type_map(text: str) -> tuple[str, AccountType]:
    """Parse `PREFIX=TYPE`; the type in any case, singular or plural. Raises ValueError."""
    prefix, _, name = text.rpartition("=")
    account_type = infer_type(name.strip())
    if not prefix or account_type is None:
        raise ValueError(f"{text!r} is not PREFIX=TYPE with asset, liability, equity, income or expense as the type")
    return prefix, account_type


def parse_currency_map(text: str) -> tuple[str, str]:
    """Parse `SYMBOL=CODE`; the symbol may be empty. Raises ValueError."""
    symbol, equals, code = text.rpartition("=")
    if not equals:
        raise ValueError(f"{text!r} is not SYMBOL=CODE, like '$=USD' or, for the empty symbol, '=USD'")
    try:
        require_currency(code)
    except InvalidField as refusal:
        raise ValueError(refusal.detail) from None
    return symbol, code


def parse_scale(text: str) -> tuple[str, int]:
    """Parse `CODE=N`, N fraction digits. Raises ValueError."""
    code, _, digits = text.rpartition("=")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 3):
        raise ValueError(f"{text!r} is not CODE=N with a number of decimal places, like BTC=8")
    try:
        require_currency(code)
        require_scale(int(digits))
    except InvalidField as refusal:
        raise ValueError(refusal.detail) from None
    return code, int(digits)


def find_type(path: str, type_map: Sequence[tuple[str, AccountType]]) -> AccountType | None:
    """Return the type of a new account: what its first segment says, else what its longest prefix in the map says.

    A prefix is whole segments (`Bank` is one of `Bank:Giro`, not of `Bankruptcy`); one of digits alone is any
    beginning, for charts whose numbers are classes (`19` is one of `1930`). `*` is the rest.
    """
    said, longest = infer_type(path), -1
    if said is not None:
        return said
    for prefix, account_type in type_map:
        length = 0 if prefix == "*" else len(prefix)
        if length >= longest and (prefix == "*" or _begins_with(path, prefix)):
            said, longest = account_type, length
    return said


def _begins_with(path: str, prefix: str) -> bool:
    if prefix.isascii() and prefix.isdigit():
        return path.startswith(prefix)
    return f"{path}:".startswith(f"{prefix.removesuffix(':')}:")


# --- what is refused -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BadLine:
    """Why a line cannot be imported. `facts` as in a problem document: `difference` and `currency` of `unbalanced`."""

    line: int
    code: str
    detail: str
    pointer: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, line: int, error: LedgerError) -> "BadLine":
        """Return the bad line for the error that it met."""
        facts = dict(error.facts)
        found = facts.pop("errors", None)  # those of a body's shape: the first one is what the error is about
        pointer = found[0]["pointer"] if error.pointer is None and found else error.pointer
        return cls(line, error.code, error.detail, pointer, facts)

    def __str__(self) -> str:
        return f"line {self.line}: {self.detail}" + (f" ({self.pointer})" if self.pointer else "")


class ImportRefused(Exception):
    """The input is wrong. Nothing was written, unless `written` says how many transactions were by then."""

    def __init__(
        self,
        *,
        lines: Sequence[BadLine] = (),
        roots: Sequence[str] = (),
        trouble: str | None = None,
        written: int = 0,
    ) -> None:
        self.lines = lines
        self.roots = roots
        """First segments of new accounts whose type nothing tells."""
        self.trouble = trouble
        self.written = written
        super().__init__(str(self))

    def __reduce__(self) -> Any:
        """Return how to pickle it: between processes it is what it is made of."""
        return partial(ImportRefused, **vars(self)), ()

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        lines = [asdict(line) for line in self.lines]
        return {"lines": lines, "roots": list(self.roots), "trouble": self.trouble, "written": self.written}

    def __str__(self) -> str:
        sentences = [str(line) for line in self.lines]
        if self.roots:
            listed = ", ".join(self.roots)
            sentences.append(f"nothing tells the type of new accounts under {listed}: give --type-map PREFIX=TYPE")
        if self.trouble is not None:
            sentences.append(self.trouble)
        written = spell_count(self.written, "transaction")
        ending = f"{written} written; mend the rest and import the same file again"
        return "\n".join([*sentences, ending if self.written else "nothing was written"])


# --- the plan --------------------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What is to be done, found out line by line."""

    options: ImportOptions
    now: dt.datetime = field(default_factory=utc_now)
    new: int = 0
    replayed: int = 0
    bad: dict[int, BadLine] = field(default_factory=dict)
    carried: Counter[str] = field(default_factory=Counter)
    accounts: dict[str, AccountType | None] = field(default_factory=dict)
    """Types of the accounts to open, in the order of first use."""
    digits: dict[str, int] = field(default_factory=dict)
    """Of the currencies to declare: the most fraction digits in the file."""
    largest: dict[str, tuple[Amount, int]] = field(default_factory=dict)
    """Of the same currencies: the largest amount and its line."""
    totals: dict[tuple[AccountId, str], Totals] = field(default_factory=dict)
    """Of the accounts that are there: what the lines so far bring them to. A line may need the money of those before
    it."""

    def refuse(self, line: int, error: LedgerError) -> None:
        """Note a bad line."""
        self.bad[line] = BadLine.of(line, error)

    def add_all(self, drafts: Sequence[Draft], known: Mapping[str, Known], state: State) -> None:
        """Check lines by the ledger's rules, and those that were imported before against what was. Leaves the state as
        it was."""
        mark = state.mark()
        for key, totals in self.totals.items():
            state.put(TOTALS, key, totals)
        for draft in drafts:
            if draft.key in known:
                self._add(draft, known[draft.key], state)
        for draft in drafts:
            if draft.key not in known:  # in the state, accounts get opened for these
                self._add(draft, None, state)
        state.undo(mark)

    def _add(self, draft: Draft, known: Known | None, state: State) -> None:
        try:
            if known is None:
                self._add_new(draft, state)
                self.new += 1
            elif is_same_request(draft.command, restore_command(known.receipt.event), state, erased=known.erased):
                self.replayed += 1
            else:
                raise IdempotencyMismatch
        except Rejected as refusal:
            self.refuse(draft.line, refusal)
        else:
            if draft.carried:
                self.carried.update(draft.carried)

    def _add_new(self, draft: Draft, pretended: State) -> None:
        command = draft.command
        if self.options.open_accounts:
            _pretend_to_open(command, pretended)
        undeclared = list(_amounts_besides(command, pretended[CURRENCIES]))
        digits: dict[str, int] = {}
        for code, amount in undeclared:
            digits[code] = max(amount.scale, digits.get(code, 0))
        events = decide(command._replace(declares=self._scales(digits)) if digits else command, pretended, self.now)
        # After this point the line is good.
        posted = events[-1]
        assert isinstance(posted, TransactionPosted)
        self._move(posted, pretended)
        if self.options.open_accounts:
            for posting in command.postings:
                path = posting.account
                if isinstance(path, str) and pretended[NAMES][path].account < 0 and path not in self.accounts:
                    self.accounts[path] = find_type(path, self.options.type_map)
        for code, amount in undeclared:
            self.digits[code] = max(amount.scale, self.digits.get(code, 0))
            if code not in self.largest or abs(make_comparable(amount)) > abs(make_comparable(self.largest[code][0])):
                self.largest[code] = amount, draft.line

    def _move(self, posted: TransactionPosted, pretended: State) -> None:
        """Let the lines that follow see what this one moves. No rule asks for the totals of accounts to be opened."""
        for account, amount, currency, *_ in posted.postings:
            if account >= 0:
                key = account, currency
                self.totals[key] = pretended[TOTALS].get(key, NO_TOTALS).add(amount.units)
                pretended.put(TOTALS, key, self.totals[key])

    def _scales(self, digits: Mapping[str, int]) -> dict[str, int]:
        scales = {code: self._scale(code, most) for code, most in digits.items()}
        return {code: scale for code, scale in scales.items() if scale is not None}

    def _scale(self, code: str, digits: int) -> int | None:
        """Return the scale to declare for amounts with so many digits; None where the currency may not be declared."""
        asked, iso = self.options.scales.get(code), find_iso_scale(code)
        if asked is not None:
            return max(asked, digits)
        if not self.options.open_accounts:
            return iso  # as for everybody who posts in one of ISO's currencies
        return max(SCALE_WITHOUT_ISO if iso is None else iso, digits)

    def finish(self) -> None:
        """Check what only the whole file tells. Raises ImportRefused."""
        for code, scale in self._scales(self.digits).items():
            largest, line = self.largest[code]
            try:
                rescale(largest, scale, code)
            except Rejected as refusal:
                self.refuse(line, refusal)
        roots = {path.partition(":")[0] for path, account_type in self.accounts.items() if account_type is None}
        lines = [] if self.options.skip_bad else self.bad_lines
        if lines or roots:
            raise ImportRefused(lines=lines, roots=sorted(roots))

    @property
    def bad_lines(self) -> list[BadLine]:
        """In the order of the file."""
        return [self.bad[line] for line in sorted(self.bad)]

    @property
    def declarations(self) -> list[DeclareCurrency]:
        """The currencies to declare."""
        return [DeclareCurrency(code, scale) for code, scale in self._scales(self.digits).items()]

    @property
    def openings(self) -> list[OpenAccount]:
        """The accounts to open."""
        return [OpenAccount(path, account_type) for path, account_type in self.accounts.items()]


def _pretend_to_open(command: PostTransaction, state: State) -> None:
    """Let `decide` see the accounts that the import would open, under ids below zero, which no account has."""
    for line, posting in enumerate(command.postings):
        path = posting.account
        if isinstance(path, str) and path not in state[NAMES] and not path.startswith("#"):
            try:
                require_path(path)
                require_visible(path)
            except Rejected as refusal:
                refusal.pointer = f"#/postings/{line}/account"
                raise
            id_ = -1 - len(state[NAMES])
            state.put(NAMES, path, AccountName(id_, None))
            state.put(ACCOUNTS, id_, Account(id_, AccountType.ASSET, Side.DEBIT))


def _amounts_besides(command: PostTransaction, declared: Container[str]) -> Iterator[tuple[str, Amount]]:
    """Yield every amount that takes the scale of a currency, but of those that are declared."""
    for posting in command.postings:
        if posting.currency not in declared or posting.original is not None:
            yield from (each for each in _amounts_of(posting) if each[0] not in declared)


def _amounts_of(posting: Posting[AccountRef]) -> Iterator[tuple[str, Amount]]:
    yield posting.currency, posting.amount
    if posting.tax is not None and posting.tax.base is not None:
        yield posting.currency, posting.tax.base
    if posting.original is not None:
        yield posting.original.currency, posting.original.amount

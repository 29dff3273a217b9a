"""A line of an import (CONTRACT section 5) as a draft: the order to post it, its idempotency key, and what only came
along. Pure: it knows the text of the lines before it, and neither a file nor a ledger.
"""

import datetime as dt
import hashlib
import marshal
import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from pydantic import BaseModel

from api.errors import TooLarge
from api.shapes.strict_json import NESTED_MAX, parse_json, walk
from api.shapes.transactions import DocumentIn, MoneyIn, PostingIn, QuantityIn, TaxIn, TransactionIn
from api.shapes.values import KEY_LENGTH_MAX, validate
from ledger.accounts import AccountRef
from ledger.books.transactions import PostTransaction
from ledger.codec import canonicalize
from ledger.errors import InvalidField, InvalidKey
from ledger.money import Amount, require_currency
from ledger.transactions import Kind, Memo, Posting

LINE_BYTES_MAX = 16 * 1024 * 1024

# --- keys ------------------------------------------------------------------------------------------------------------

_FORMATS = frozenset({".json", ".jsonl", ".ndjson", ".jl", ".txt"})


def make_default_source(path: Path) -> str:
    """Return the last two parts of the file's resolved path without endings. Only endings that name the format are
    taken away: `2023.q1.jsonl` and `2023.q2.jsonl` are two sources."""
    path = path.resolve()
    for endings in ({".gz"}, _FORMATS):
        if path.suffix.lower() in endings:
            path = path.with_suffix("")
    return "/".join(path.relative_to(path.anchor).parts[-2:])


def make_import_key(source: str, id_: str | int) -> str:
    """Return the idempotency key of the transaction that a source calls `id_`: `import:SOURCE:ID`, or
    `import:SHA256`."""
    key = f"import:{_quoted(source)}:{id_ if isinstance(id_, int) else quote(id_, safe='')}"
    return f"import:{hashlib.sha256(key.encode()).hexdigest()}" if len(key) > KEY_LENGTH_MAX else key


@lru_cache(maxsize=16)
def _quoted(source: str) -> str:
    return quote(source, safe="")


def is_hashed(key: str) -> bool:
    """Return whether a key of `make_import_key` is one that would be too long as it is."""
    return key.count(":") == 1


# --- lines -----------------------------------------------------------------------------------------------------------


class Draft(NamedTuple):
    """A line in good shape. `carried` are the names of its members that the ledger does not know."""

    line: int
    key: str
    command: PostTransaction
    carried: tuple[str, ...] = ()


def pack(drafts: Sequence[Draft]) -> bytes:
    """Return drafts as bytes of this process's own. With `unpack` that takes half the time of reading their lines
    again."""
    return marshal.dumps([_flat(draft) or pickle.dumps(draft) for draft in drafts])


def unpack(packed: bytes) -> list[Draft]:
    """Return what `pack` was given."""
    return [pickle.loads(each) if type(each) is bytes else _raised(*each) for each in marshal.loads(packed)]  # noqa: S301, S302  (nobody else wrote them)


def _flat(draft: Draft) -> tuple[Any, ...] | None:
    """Return an ordinary draft, most of every file, as plain values; None: there is more in it."""
    date, postings, kind, series, document, memo, declares = draft.command
    if document is not None or draft.carried or any(memo[3:]) or any(posting[4:] != _BARE for posting in postings):
        return None
    lines = [(account, *amount, currency, text) for account, amount, currency, text, *_ in postings]
    return draft.line, draft.key, date.toordinal(), lines, str(kind), series, memo[:3], dict(declares)


def _raised(
    line: int,
    key: str,
    day: int,
    lines: list[tuple[AccountRef, int, int, str, str | None]],
    kind: str,
    series: str,
    texts: tuple[str | None, str | None, str | None],
    declares: dict[str, int],
) -> Draft:
    description, payee, notes = texts
    date, memo = dt.date.fromordinal(day), Memo(description, payee, notes)
    postings = tuple(
        [Posting(account, Amount(units, scale), currency, text) for account, units, scale, currency, text in lines]
    )
    return Draft(line, key, PostTransaction(date, postings, _KINDS[kind], series, None, memo, declares))


_KINDS = {str(kind): kind for kind in Kind}
_BARE = (None,) * 7
"""What a posting has beyond account, amount, currency and text."""


class DraftReader:
    """Reads the lines of a file, from the first on: the key of a line without `id` counts the equal ones."""

    def __init__(self, source: str, currency_map: Mapping[str, str]) -> None:
        self._source = source
        self._currency_map = dict(currency_map)
        self._equal: Counter[bytes] = Counter()
        self._lines_by_key: dict[bytes, int] = {}

    def read_draft(self, line: int, raw: bytes) -> Draft:
        """Return the draft in a line. Raises a LedgerError that says what is wrong with the line in itself."""
        if len(raw) > LINE_BYTES_MAX:
            raise TooLarge(what="bytes in one line", most=LINE_BYTES_MAX)
        members = parse_json(raw)
        if not isinstance(members, dict):
            raise InvalidField(trouble="a line must be one JSON object")
        id_ = members.pop("id", None)
        key = self._key(line, id_, members)
        carried: list[str] = []
        known, imported = sift(members, TransactionIn, carried)
        if id_ and is_hashed(key):
            imported["id"] = id_  # the key no longer tells it
            carried.append("id")
        self._map_currencies(known)
        command = validate(TransactionIn.model_validate, known).to_command(imported)
        if command.memo.metadata or imported:
            _require_shallow(imported)
            _canonical([command.memo.metadata, imported])
        return Draft(line, key, command, tuple(carried))

    def _key(self, line: int, id_: object, members: dict[str, Any]) -> str:
        if id_ is None or id_ == "":
            text = hashlib.sha256(_canonical(members))
            self._equal[text.digest()] += 1
            return make_import_key(self._source, f"{text.hexdigest()}-{self._equal[text.digest()]}")
        if not isinstance(id_, str | int) or isinstance(id_, bool):
            raise InvalidField(trouble="an id must be a text or an integer", pointer="#/id")
        key = make_import_key(self._source, id_)
        first = self._lines_by_key.setdefault(hashlib.sha256(key.encode()).digest()[:16], line)
        if first != line:
            raise InvalidKey(trouble=f"line {first} already has the id {str(id_)[:60]!r}", pointer="#/id")
        return key

    def _map_currencies(self, known: dict[str, Any]) -> None:
        postings = known.get("postings")
        for index, posting in enumerate(postings if isinstance(postings, list) else ()):
            if isinstance(posting, dict):
                self._map_currency(posting, f"#/postings/{index}/currency")
                if isinstance(original := posting.get("original"), dict):
                    self._map_currency(original, f"#/postings/{index}/original/currency")

    def _map_currency(self, members: dict[str, Any], pointer: str) -> None:
        symbol = members.get("currency")
        if not isinstance(symbol, str):
            return
        code = self._currency_map.get(symbol)
        if code is None:
            try:
                require_currency(symbol)
            except InvalidField as refusal:
                hint = f"say which it is with --currency '{symbol[:40]}=CODE'"
                raise InvalidField(trouble=f"{refusal.detail}; {hint}", pointer=pointer) from None
            code = self._currency_map[symbol] = symbol
        members["currency"] = code


def _require_shallow(imported: Any) -> None:
    """Raise where it is nested too deeply: what only came along is read again as often as metadata, so it is nested no
    deeper."""
    if any(depth > NESTED_MAX for depth, _ in walk(imported)):
        raise InvalidField(trouble=f"members that the ledger does not know may have at most {NESTED_MAX} nested levels")


def _canonical(value: Any) -> bytes:
    try:
        return canonicalize(value)
    except ValueError as error:  # such as an integer that JSON's numbers cannot hold exactly
        raise InvalidField(trouble=str(error)) from None


# --- what the ledger does not know -----------------------------------------------------------------------------------

_INSIDE: Mapping[tuple[type[BaseModel], str], type[BaseModel]] = {
    (TransactionIn, "document"): DocumentIn,
    (TransactionIn, "postings"): PostingIn,
    (PostingIn, "tax"): TaxIn,
    (PostingIn, "original"): MoneyIn,
    (PostingIn, "quantity"): QuantityIn,
}
_MODELS: tuple[type[BaseModel], ...] = (TransactionIn, *_INSIDE.values())
_FIELDS = {model: frozenset(model.model_fields) for model in _MODELS}


def sift(
    members: Mapping[str, Any], model: type[BaseModel], carried: list[str], prefix: str = ""
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the model knows of an object, and what it does not (objects in lists under their index).

    The names of the latter are added to `carried`: `code`, `postings.inferred`. Null is as good as absent.
    """
    known: dict[str, Any] = {}
    strange: dict[str, Any] = {}
    fields = _FIELDS[model]
    for name, value in members.items():
        if name not in fields or _has_a_form_of_its_own(name, value):
            strange[name] = value
            carried.append(prefix + name)
        elif value is not None:
            inner = _INSIDE.get((model, name))
            known[name], rest = (
                (value, None) if inner is None else _sift_inside(value, inner, carried, f"{prefix}{name}.")
            )
            if rest:
                strange[name] = rest
    return known, strange


def _sift_inside(value: Any, model: type[BaseModel], carried: list[str], prefix: str) -> tuple[Any, dict[str, Any]]:
    if isinstance(value, dict):
        return sift(value, model, carried, prefix)
    if not isinstance(value, list) or any(isinstance(item, list) for item in value):
        return value, {}  # the model will refuse it
    sifted = [_sift_inside(item, model, carried, prefix) for item in value]
    return [known for known, _ in sifted], {str(index): rest for index, (_, rest) in enumerate(sifted) if rest}


def _has_a_form_of_its_own(name: str, value: Any) -> bool:
    """Return whether others write these labels in a form that is not ours: hledger's tags are pairs, SIE's dimensions a
    text."""
    if name == "tags":
        return isinstance(value, list) and not all(isinstance(tag, str) for tag in value)
    return name == "dimensions" and isinstance(value, str)

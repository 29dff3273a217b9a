"""Ordinary transactions are read by a short cut, which says what the model says or nothing at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.bodies import (
    LINE_LENGTH_MAX,
    PROSE_LENGTH_MAX,
    TransactionIn,
    command_adapter,
    command_of,
    plain_transaction,
)
from api.parsing import parse_json
from ledger.books.transactions import PostTransaction
from ledger.errors import Rejected
from tests.http.service import command, credit, debit, sale, transaction

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
dates = st.dates().map(str)
amounts = st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,8})?", fullmatch=True)
currencies = st.sampled_from(["EUR", "JPY", "VACHR", "X", "BTC"])
ordinary_postings = st.fixed_dictionaries(
    {"account": texts, "amount": amounts, "currency": currencies}, optional={"text": texts}
)
ordinary = st.fixed_dictionaries(
    {"date": dates, "postings": st.lists(ordinary_postings, max_size=4)},
    optional={"description": texts, "payee": texts, "notes": texts},
)

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts | st.just("")
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)
odd_dates = st.sampled_from(["2024-02-30", "2024-1-1", "20240101", "0000-01-01", "2024-01-01\n", "２０２４-01-01"])
odd_amounts = st.sampled_from(
    ["", "-", "+1", "1.", ".5", "1e3", "1\n", "１", "9" * 38, "9" * 39, "0." + "1" * 31, "-0"]
)
odd_currencies = st.sampled_from(["eur", "", "E" * 25, "A-", "EUR\n", "E R"])
odd_texts = st.sampled_from(["", "a" * LINE_LENGTH_MAX, "a" * (LINE_LENGTH_MAX + 1), "a" * (PROSE_LENGTH_MAX + 1)])


@st.composite
def odd(draw: st.DrawFn) -> Any:
    """An ordinary body with something in it that may not be so, or a member more or less."""
    body = draw(ordinary)
    for _ in range(draw(st.integers(0, 2))):
        into = draw(
            st.sampled_from([body, *body.get("postings", [])] if isinstance(body.get("postings"), list) else [body])
        )
        if not isinstance(into, dict):
            continue
        names = [
            *into,
            "kind",
            "series",
            "tags",
            "metadata",
            "document",
            "debit",
            "credit",
            "due",
            "tax",
            "key",
            "other",
        ]
        name = draw(st.sampled_from(names))
        if draw(st.booleans()):
            into.pop(name, None)
        else:
            into[name] = draw(anything | odd_dates | odd_amounts | odd_currencies | odd_texts)
    return body


def by_the_model(body: Any) -> PostTransaction | None:
    """None: it is refused."""
    try:
        return TransactionIn.model_validate(body).to_command()
    except (ValidationError, Rejected):
        return None


def sent(body: Any) -> Any:
    """The body as it arrives."""
    return parse_json(json.dumps(body, ensure_ascii=False).encode())


@given(ordinary)
def test_an_ordinary_transaction_takes_the_short_cut_to_the_same_order(body: Any) -> None:
    body = sent(body)
    plain = plain_transaction(body)
    assert plain is not None
    assert plain == by_the_model(body)
    assert repr(plain) == repr(by_the_model(body))


@given(odd())
def test_the_short_cut_never_differs_from_the_model(body: Any) -> None:
    body = sent(body)
    plain = plain_transaction(body)
    if plain is not None:
        assert repr(plain) == repr(by_the_model(body))


@given(odd() | anything, anything)
def test_a_command_of_a_bulk_is_what_the_model_says(body: Any, key: Any) -> None:
    if isinstance(body, dict):
        body = {"type": "post_transaction", **body, "key": key}
    body = sent(body)
    try:
        read = command_adapter.validate_python(body)
        expected = read.to_command(), read.key
    except (ValidationError, Rejected) as refused:
        with pytest.raises(type(refused)):
            command_of(body)
    else:
        assert repr(command_of(body)) == repr(expected)


@pytest.mark.parametrize(
    "body",
    [
        sale(description="Bread"),
        sale(payee="Baker", notes=""),
        transaction(debit("#1000", "1", text="one"), credit("Income:Sales", "1")),
    ],
)
def test_the_bodies_of_everyday_take_the_short_cut(body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain_transaction(sent(body)) is not None
    monkeypatch.setattr("api.bodies.command_adapter", None)
    posted, key = command_of(sent(command(body, key="k")))
    assert isinstance(posted, PostTransaction) and key == "k"


@pytest.mark.parametrize("member", ["kind", "series", "document", "tags", "metadata", "unheard", "type", "key"])
def test_whatever_else_a_body_has_is_left_to_the_model(member: str) -> None:
    assert plain_transaction(sent(sale(**{member: "normal"}))) is None
    assert plain_transaction(sent(transaction(debit("A:B", "1", **{member: "1"}), credit("A:C", "1")))) is None

"""Every refusal is a sentence with facts and a code that a program can act on."""

import json
import string
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

import pytest

from ledger import errors
from ledger.errors import Corrupt, InvalidField, LedgerError, Rejected, Unavailable, UnknownAccount


def below(cls: type[LedgerError]) -> Iterator[type[LedgerError]]:
    """A class and all its descendants in `ledger.errors`."""
    yield cls
    for child in cls.__subclasses__():
        yield from below(child)


ALL = sorted({cls for cls in below(LedgerError) if cls.__module__ == errors.__name__}, key=lambda cls: cls.__name__)

SHARED_CODES = {
    "invalid_date": {"InvalidDate", "InvalidTime"},
    "invalid": {"Invalid", "InvalidField"},
    "not_found": {"Missing", "NotFound", "LedgerMissing"},
    "projection_behind": {"ProjectionBehind", "ProjectionRebuilding"},
}
"""Where several classes are one kind of trouble to a client."""

EXAMPLES: dict[Any, Any] = {str: "Assets:Cash", int: 7, str | int: "#1930", Any: "x"}


def example(cls: type[LedgerError]) -> LedgerError:
    """One of its kind, with every field that must be given."""
    given: dict[str, Any] = {}
    for f in fields(cls):
        if f.default is MISSING and f.default_factory is MISSING:
            given[f.name] = EXAMPLES[f.type]
    return cls(**given)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("cls", ALL)
def test_every_error_is_a_sentence_whose_placeholders_are_its_facts(cls: type[LedgerError]) -> None:
    assert "__doc__" in vars(cls), "a docstring of its own"
    sentence = " ".join((cls.__doc__ or "").split())
    assert is_dataclass(cls)
    assert not sentence.startswith(f"{cls.__name__}("), "dataclass wrote this one"
    assert sentence.endswith((".", "}")) and (sentence[0].isupper() or sentence[0] == "{")
    facts = set(example(cls).facts)
    assert placeholders(sentence) <= facts


@pytest.mark.parametrize("cls", ALL)
def test_the_sentence_says_every_fact(cls: type[LedgerError]) -> None:
    unsaid = {"AccountExists": {"account"}, "NumberExists": {"account"}}  # for programs: where to look
    error = example(cls)
    sentence = " ".join((cls.__doc__ or "").split())
    assert set(error.facts) - placeholders(sentence) == unsaid.get(cls.__name__, set())
    assert str(error) == error.detail
    assert "{" not in error.detail


@pytest.mark.parametrize("cls", ALL)
def test_facts_can_be_sent_as_json_and_leave_the_envelope_out(cls: type[LedgerError]) -> None:
    error = example(cls)
    error.pointer = "#/postings/0/amount"
    assert json.loads(json.dumps(error.facts)) == error.facts
    assert not {"pointer", "index", "code"} & error.facts.keys()


def test_every_code_means_one_kind_of_trouble() -> None:
    classes: defaultdict[str, set[str]] = defaultdict(set)
    for cls in ALL:
        assert "code" in vars(cls), f"{cls.__name__} has no code of its own"
        assert cls.code == cls.code.lower() and cls.code.replace("_", "").isalpha()
        classes[cls.code].add(cls.__name__)
    assert {code: names for code, names in classes.items() if len(names) > 1} == SHARED_CODES


def test_every_error_is_a_refusal_or_passes_by_itself_or_stops_the_show() -> None:
    assert [cls.__name__ for cls in ALL if not issubclass(cls, (Rejected, Unavailable, Corrupt))] == ["LedgerError"]


def test_what_passes_by_itself_says_when_to_come_back() -> None:
    waits = [cls.retry_after_seconds for cls in ALL if issubclass(cls, Unavailable)]
    assert waits
    assert all(1 <= seconds <= 60 for seconds in waits)


def test_a_sentence_repeats_what_was_typed_and_never_formats_it() -> None:
    assert InvalidField(trouble="{surprise} {0}").detail == "{surprise} {0}"
    assert UnknownAccount(account="{0.__class__}").detail == "There is no account '{0.__class__}' in this ledger."


def test_a_refusal_knows_where_and_which() -> None:
    refusal = UnknownAccount(account="Assets:Cash", pointer="#/postings/0/account", index=3)
    assert (refusal.pointer, refusal.index, refusal.facts) == ("#/postings/0/account", 3, {"account": "Assets:Cash"})


def test_the_tree_in_the_docstring_draws_the_branches() -> None:
    drawn = {word.strip("├│└─ ").split()[0] for word in (errors.__doc__ or "").splitlines() if "─ " in word}
    assert drawn == {"Rejected", "Invalid", "Missing", "Conflict", "Unavailable", "Corrupt"}

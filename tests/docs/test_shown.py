"""What a page shows and a program prints are compared: the comparison itself, and that it can fail."""

import pytest

from tests.docs.shown import is_printed, parse_elided


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"a": 1, "b": null}', '{"b":null,"a":1}'),
        ('{"a": 1, …}', '{"a":1,"b":2}'),
        ('{…, "a": {"b": …}}', '{"x":0,"a":{"b":[1,2]}}'),
        ("[…]", "[]"),
        ('[{"a": 1, …}, …, {"a": 3}]', '[{"a":1,"x":0},{"a":2},{"a":3}]'),
        ('{"id": "0190…"}', '{"id":"0190aa"}'),
        ('{"text": "a, … and {b}"}', '{"text":"a, whatever and {b}"}'),
        ('{"amount": "-12.50"}', '{"amount": "-12.50"}'),
    ],
)
def test_json_is_printed_as_shown(shown: str, printed: str) -> None:
    assert is_printed(shown, printed, "json")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"a": 1}', '{"a":1,"b":2}'),
        ('{"a": 1, …}', '{"b":2}'),
        ('{"a": "1.00"}', '{"a":"1.01"}'),
        ('{"a": 1}', '{"a":true}'),
        ('[{"a": 1, …}, …]', '[{"a":2},{"a":1}]'),
        ("[1, …, 3]", "[1, 2]"),
        ('[{"account": "A", …, "balance": "5.00"}]', '[{"account":"A","balance":"4.00"},{"balance":"5.00"}]'),
        ('{"id": "0190…"}', '{"id":"0191aa"}'),
        ('{"a": 1}', "not JSON"),
    ],
)
def test_json_that_differs_is_found(shown: str, printed: str) -> None:
    assert not is_printed(shown, printed, "json")


def test_lines_of_json_may_be_left_out() -> None:
    printed = '{"position":0,"x":1}\n{"position":1}\n{"position":2}\n'
    assert is_printed('{"position": 0, …}\n…\n{"position": 2}', printed, "jsonl")
    assert not is_printed('{"position": 0, …}\n{"position": 2}', printed, "jsonl")


def test_text_is_compared_but_for_spaces_at_the_ends_of_lines() -> None:
    assert is_printed("size …\nroot ab…\n", "size 12  \nroot abcdef\n\n", "text")
    assert not is_printed("size 1\n", "size 12\n", "text")
    assert not is_printed("a.c\n", "abc\n", "text")


@pytest.mark.parametrize("text", ["{a: 1}", '{"a": 1', "{…: 1}", ""])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Extra"):
        parse_elided(text)

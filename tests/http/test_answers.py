"""What is kept of answers is about ledgers as they are now, and has a limit."""

from api.answers import ANSWER_BYTES_MAX, ANSWERS_MAX, Answer, Answers


def answer(body: bytes = b"{}") -> Answer:
    """An answer without headers."""
    return Answer(body, {})


def test_what_was_said_before_a_ledger_grew_is_gone() -> None:
    answers = Answers()
    answers.keep("books", 3, "old", answer(b"an erased name"))
    answers.keep("others", 1, "theirs", answer())
    answers.keep("books", 4, "new", answer())
    assert answers.get("books", "old") is None
    assert answers.get("books", "new") == answer()
    assert answers.get("others", "theirs") == answer()
    answers.keep("books", 3, "late", answer())  # a slow request's
    assert answers.get("books", "late") is None
    assert answers.get("books", "new") == answer()


def test_no_more_is_kept_than_there_is_room_for() -> None:
    answers = Answers()
    for number in range(ANSWERS_MAX + 10):
        answers.keep(f"books-{number % 7}", 1, str(number), answer())
    kept = [number for number in range(ANSWERS_MAX + 10) if answers.get(f"books-{number % 7}", str(number))]
    assert 0 < len(kept) <= ANSWERS_MAX
    assert kept[-1] == ANSWERS_MAX + 9
    answers.keep("books", 1, "large", answer(b"x" * (ANSWER_BYTES_MAX + 1)))
    assert answers.get("books", "large") is None

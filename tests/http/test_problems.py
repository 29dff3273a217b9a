"""Every error has a status, a stable code, and a sentence."""

import inspect
from collections.abc import Iterator
from http import HTTPStatus

import pytest

import api.app
import api.problems
import ledger.errors
from api.errors import STATUSES, BodyInvalid, InternalError
from ledger.errors import Corrupt, LedgerError, Rejected, Unavailable

CONTRACT = {
    400: {"malformed_json", "duplicate_key", "cursor_invalid"},
    401: {"unauthenticated"},
    403: {"forbidden", "origin_refused"},
    404: {"not_found"},
    409: {"account_exists", "number_exists", "account_closed", "account_not_empty", "already_reversed"}
    | {"ledger_exists", "last_owner", "retention"},
    412: {"precondition_failed"},
    413: {"too_large"},
    415: {"unsupported_media_type"},
    422: {
        "unbalanced",
        "unknown_account",
        "unknown_currency",
        "too_many_digits",
        "invalid_amount",
        "invalid_date",
        "too_few_postings",
        "too_many_postings",
        "unknown_field",
        "invalid_path",
        "invalid_key",
        "currency_not_allowed",
        "idempotency_mismatch",
        "size_ahead",
        "limit_exceeded",
    },
    429: {"rate_limited"},
    503: {"busy", "projection_behind", "projection_blocked", "clock_behind", "timeout", "outcome_unknown"},
}
"""CONTRACT section 4, without the codes of what later issues bring."""


def errors(parent: type[LedgerError] = LedgerError) -> Iterator[type[LedgerError]]:
    """All classes of error, however deep."""
    yield parent
    for child in parent.__subclasses__():
        yield from errors(child)


OURS = [each for each in errors() if each.__module__.startswith(("ledger.", "api."))]
NAMED = [each for each in OURS if each is not BodyInvalid]
"""BodyInvalid has the code of whatever is wrong with a body."""


@pytest.mark.parametrize("error", NAMED)
def test_every_error_has_a_status_and_a_sentence(error: type[LedgerError]) -> None:
    assert STATUSES[error.code]
    assert (error.__doc__ or "").strip()
    assert not (error.__doc__ or "").startswith(f"{error.__name__}("), "the dataclass made it up"


@pytest.mark.parametrize("error", NAMED)
def test_the_status_fits_the_kind_of_error(error: type[LedgerError]) -> None:
    status = STATUSES[error.code]
    if issubclass(error, Unavailable):
        assert status == 503
        assert error.retry_after_seconds >= 1
    elif issubclass(error, Corrupt) or error in (LedgerError, InternalError):
        assert status == 500
    elif issubclass(error, Rejected):
        assert status in (403, 404, 409, 412, 422)
    elif error.code != "ledger_error":
        assert 400 <= status < 500


def test_every_class_that_looks_like_an_error_is_one() -> None:
    for module in (ledger.errors, api.problems):
        for _, each in inspect.getmembers(module, inspect.isclass):
            if each.__module__ == module.__name__ and issubclass(each, Exception) and "code" in vars(each):
                assert issubclass(each, LedgerError)


def test_every_code_of_the_contract_has_its_status() -> None:
    assert {code: STATUSES.get(code) for codes in CONTRACT.values() for code in codes} == {
        code: status for status, codes in CONTRACT.items() for code in codes
    }


def test_every_status_is_one_of_http() -> None:
    assert all(HTTPStatus(status).phrase for status in STATUSES.values())


def test_every_code_is_used_or_promised() -> None:
    used = {error.code for error in NAMED} | {code for codes in CONTRACT.values() for code in codes}
    assert set(STATUSES) == used

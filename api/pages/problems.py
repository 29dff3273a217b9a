"""Explain each kind of problem and what to do about it: as pages, as JSON, and as `docs/errors.md`.

The codes and their sentences come from the error classes. This module has only what those cannot say.
"""

import re
import sys
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from api.errors import STATUSES, BodyInvalid, find_title
from api.openapi.schemas import errors
from ledger.errors import LedgerError

REPEAT = "Send the same request again after `Retry-After` seconds, with the same idempotency key."

TO_DO: dict[str, str] = {
    "account_closed": "Use another account, or reopen this one.",
    "account_exists": "Use the existing account, or another path.",
    "account_not_empty": "Move the balance to another account first, in every currency.",
    "account_open": "Nothing: the account is already open.",
    "account_type_needed": "Send a `type`, or begin the path with Assets, Liabilities, Equity, Income or Expenses.",
    "already_erased": "Nothing: the texts are already erased.",
    "already_reversed": "Nothing. To undo the reversal, reverse the reversal.",
    "busy": REPEAT,
    "clock_behind": f"{REPEAT} The operator must set the clock of the server.",
    "conflict": "Read the current state, and decide again.",
    "corrupt": "Stop, and tell the operator to run `llmedger verify`.",
    "currency_exists": "Use the declared number of decimal places.",
    "currency_not_allowed": "Use an account that accepts this currency, or add the currency to the account.",
    "cursor_invalid": "Begin again at the first page. A cursor works only with the request that returned it.",
    "database_unavailable": f"{REPEAT} If this does not end, the operator must look: `reason` says why.",
    "duplicate_key": "Send each member once.",
    "duplicate_parameter": "Send the parameter once.",
    "forbidden": "Ask an owner of the ledger for another role, or use a token with more rights.",
    "headers_too_large": "Send fewer or shorter header fields. Often the cause is too many cookies.",
    "idempotency_mismatch": "Use a new key for a new command. To repeat a command, send exactly the same body.",
    "internal": "Tell the operator the `request_id`. You can safely repeat the request with the same key.",
    "invalid": "Correct the member or the parameter that `errors` names.",
    "invalid_amount": 'Write an amount as a text with a point, like "12.50".',
    "invalid_date": "Write a date as `YYYY-MM-DD`, and a time like `2026-01-31T12:00:00Z`.",
    "invalid_key": "Send one key of 1 to 255 visible ASCII characters. In a bulk each command has a member `key`.",
    "invalid_path": "Correct the path. It has 1 to 16 parts with a colon between them, like `Assets:Bank`.",
    "last_owner": "Make somebody else an owner first.",
    "ledger_error": "Tell the operator the `request_id`.",
    "ledger_exists": "Choose another id.",
    "ledger_in_use": "Open another ledger: this cannot change after the first transaction.",
    "malformed_json": "Send JSON in UTF-8.",
    "malformed_request": "Send HTTP/1.1. A proxy in between may have cut the request.",
    "method_not_allowed": "Use one of the methods that `Allow` names.",
    "not_found": "Check the spelling. A ledger in which you have no role also gives this error.",
    "number_exists": "Use the existing account, or another number.",
    "origin_refused": "Ask the operator to add the origin to `LEDGER_ALLOWED_ORIGINS`. Programs: send a bearer token.",
    "outcome_unknown": f"{REPEAT} If it was written, you get the first answer.",
    "precondition_failed": "Read it again, decide again, and send the new ETag.",
    "projection_behind": "Ask again after `Retry-After` seconds, or ask for a smaller `min_size`.",
    "projection_blocked": "The operator must look: `llmedger status` names the record at which the read model stopped.",
    "rate_limited": "Wait `Retry-After` seconds.",
    "registration_closed": "Ask the operator for a user (`llmedger user add`).",
    "rejected": "Read `detail`.",
    "request_timeout": "Send the request faster, or send less at a time. You can safely repeat it with the same key.",
    "retention": "Wait until that day, or send `force` with a legal basis.",
    "sign_in_elsewhere": "Sign in, register or change passwords in the other application.",
    "signing_refused": "The operator must look: `docs/signing.md` says what to do.",
    "size_ahead": "Use a size that the ledger has reached. `GET /ledgers/{ledger}` shows the current size.",
    "text_in_use": "Give the account another path, label or metadata first.",
    "timeout": REPEAT,
    "too_few_postings": "Send at least two postings.",
    "too_large": "Send less at a time, or send the commands as a stream of JSON lines.",
    "too_many": "Ask for less, or remove what you no longer need.",
    "too_many_digits": "Write at most as many decimal places as the currency has.",
    "too_many_postings": "Split the transaction.",
    "unauthenticated": "Sign in, or send a token that is valid. `reason` says what is wrong with the one you sent.",
    "unavailable": REPEAT,
    "unbalanced": "Correct the amounts: in each currency they must sum to zero.",
    "unknown_account": "Open the account first, or correct its name.",
    "unknown_currency": "Declare the currency first: `POST /ledgers/{ledger}/currencies`.",
    "unknown_field": "Leave the member out, or correct its name.",
    "unknown_parameter": "Leave the parameter out, or correct its name. `nearest` is the most similar known name.",
    "unsupported_media_type": "Send `Content-Type: application/json`, and no `Content-Encoding`.",
    "url_too_long": "Send a shorter URL.",
    "username_taken": "Choose another name, or sign in.",
    "wrong_credentials": "Check the name and the password.",
}
"""What to do about each code."""

WHEN: dict[str, str] = {
    "invalid": "A member of the body, a parameter, or the command as a whole is wrong; `errors` says which and how.",
    "not_found": "There is nothing at this path.",
}
"""When a code is used whose class has no sentence of its own."""

_PLACEHOLDER = re.compile(r"{(\w+)(?:![rsa])?}")


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem."""

    code: str
    status: int
    title: str
    when: tuple[str, ...]
    """Sentences. Names of facts are in capitals."""
    to_do: str
    facts: tuple[str, ...]
    """Members of the document that only this kind has."""

    def as_json(self) -> dict[str, Any]:
        return {
            "type": f"/problems/{self.code}",
            "code": self.code,
            "status": self.status,
            "title": self.title,
            "when": list(self.when),
            "to_do": self.to_do,
            "facts": list(self.facts),
        }


@cache
def list_kinds() -> dict[str, ProblemKind]:
    """Return all kinds of problems by their codes, in the order of statuses."""
    ordered = sorted(STATUSES, key=lambda code: (STATUSES[code], code))
    classes = [each for each in errors() if each is not BodyInvalid]
    return {code: _kind(code, [each for each in classes if each.code == code]) for code in ordered}


def _kind(code: str, classes: list[type[LedgerError]]) -> ProblemKind:
    sentences = [_sentence(each) for each in classes]
    when = [each for each in sentences if each] + ([WHEN[code]] if code in WHEN else [])
    facts = [each.name for error in classes for each in fields(error) if each.name not in ("pointer", "index")]
    facts = [name for name in dict.fromkeys(facts) if name != "trouble" or code not in WHEN]
    to_do = TO_DO.get(code) or next(each.remedy for each in classes if each.remedy)
    return ProblemKind(code, STATUSES[code], find_title(code), tuple(dict.fromkeys(when)), to_do, tuple(sorted(facts)))


def _sentence(error: type[LedgerError]) -> str:
    text = " ".join((error.__doc__ or "").split())
    if _PLACEHOLDER.fullmatch(text):
        return ""
    return _PLACEHOLDER.sub(lambda found: found[1].upper(), text)


_INTRODUCTION = """\
# Errors

`make docs` makes this page from the error classes and `api/pages/problems.py`. Change those, and run it again.

Every refusal is a problem document (RFC 9457, `application/problem+json`). Programs should act on `code`, which never
changes. People read `detail`. `errors` names the wrong places in the request. With `request_id` the operator finds the
request in the log. Further members are the facts of the code. On this page, words in capitals stand for facts. The
service shows each code at `/problems/CODE`.

After a 5xx or a 429 you can safely repeat the request with the same idempotency key. A 4xx means that nothing was
written."""


def make_markdown() -> str:
    """Return `docs/errors.md`."""
    lines = [_INTRODUCTION]
    status = 0
    for kind in list_kinds().values():
        if kind.status != status:
            status = kind.status
            lines += ["", f"## {status}"]
        when = list(kind.when) if len(kind.when) == 1 else [f"- {each}" for each in kind.when]
        lines += ["", f"### `{kind.code}`", "", *when, "", f"*What to do:* {kind.to_do}"]
        if kind.facts:
            lines += ["", f"*Facts:* {', '.join(f'`{name}`' for name in kind.facts)}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import_module("api.app")  # so that every error class is defined
    Path(sys.argv[1]).write_text(make_markdown(), encoding="utf-8")

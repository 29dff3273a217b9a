"""The commands of a bulk out of its body: each for itself, in order, or why it is none. Nothing here knows a ledger, so
that a process beside can do it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from api.errors import BodyInvalid, MalformedJson, RequestRefused, TooLarge
from api.shapes.commands import BulkIn, read_keyed_command
from api.shapes.strict_json import has_escapes, parse_json, require_texts
from api.shapes.values import check_key, validate
from ledger.books.transactions import PostTransaction
from ledger.errors import InvalidKey, Rejected
from ledger.slices import Command

COMMANDS_MAX = 10_000
POSTINGS_MAX = 100_000
FAULTS_MAX = 5
"""Of each command: as many are named."""
PIECE_WEIGHT = 100
"""Commands and postings that are read together: a millisecond."""

Read = tuple[Command, str | None] | Rejected
"""A command and its idempotency key, or why it is refused."""


class Piece(NamedTuple):
    """Some of a bulk's commands, the next ones in order; whether all of them stand or fall together."""

    atomic: bool
    read: list[Read]


def read_bulk(raw: bytes) -> Iterator[Piece]:
    """Yield the commands in a body of JSON, at least one piece. Raises MalformedJson, DuplicateKey, BodyInvalid and
    TooLarge."""
    value, escaped = parse_json(raw, refused=None), has_escapes(raw)
    if escaped:
        _require_own_texts(value)
    body = validate(BulkIn.model_validate, value)
    if len(body.commands) > COMMANDS_MAX:
        raise TooLarge(what="commands", most=COMMANDS_MAX)
    if sum(map(_postings_in, body.commands)) > POSTINGS_MAX:
        raise TooLarge(what="postings", most=POSTINGS_MAX)
    read: list[Read] = []
    weight = 0
    for each in body.commands:
        read.append(read_command(each, escaped=escaped))
        weight += 1 + _postings_in(each)
        if weight >= PIECE_WEIGHT:
            yield Piece(body.atomic, read)
            read, weight = [], 0
    yield Piece(body.atomic, read)


def _require_own_texts(body: Any) -> None:
    """Raise InvalidField for a refused text outside of the commands: each of those is looked at by itself."""
    commands = body.get("commands") if isinstance(body, dict) else None
    require_texts({**body, "commands": None} if isinstance(commands, list) else body)


def read_line(line: bytes) -> Iterator[Read]:
    """Yield the one command in a line of a stream, which needs a key."""
    try:
        read = read_command(parse_json(line))
    except RequestRefused as error:
        read = _as_refusal(error)
    except Rejected as refusal:
        read = refusal
    if isinstance(read, tuple) and read[1] is None:
        read = InvalidKey(trouble="each command of a stream needs one, so that a cut stream can be sent again")
    yield read


def read_command(body: Any, *, escaped: bool = False) -> Read:
    """Return a command and its key out of a JSON value, or why it is none. `escaped`: its texts may have refused
    characters."""
    try:
        if escaped:
            require_texts(body)
        command, key = validate(read_keyed_command, body, tagged=True, most=FAULTS_MAX)
        return command, None if key is None else check_key(key)
    except MalformedJson as error:
        return _as_refusal(error)
    except InvalidKey as refusal:
        refusal.pointer = "#/key"
        return refusal
    except Rejected as refusal:
        return refusal


def _as_refusal(error: RequestRefused) -> Rejected:
    """Return the error as a refusal: what is wrong with one command of many is no reason to refuse the others."""
    return BodyInvalid(code=error.code, trouble=error.detail, errors=[], extra=error.facts)


def count_postings(command: Command) -> int:
    """Return how many postings a command has."""
    return len(command.postings) if isinstance(command, PostTransaction) else 0


def _postings_in(body: Any) -> int:
    """Return how many postings a JSON value claims to have."""
    postings = body.get("postings") if isinstance(body, dict) else None
    return len(postings) if isinstance(postings, list) else 0

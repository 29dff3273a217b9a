"""Where an audit is, as text: enough to go on from there in another process. Kept only while nothing is wrong."""

import json
from dataclasses import astuple
from typing import Any

from api.verify.books import Books
from api.verify.log import Log, Tiles
from api.verify.reading import Envelope
from ledger.accounts import Account, AccountType, Role, Side, Status
from ledger.codec import format_time, parse_time
from ledger.decide import Settings, State, Totals
from ledger.members import Member, MemberRole
from ledger.merkle import Frontier


def dump(log: Log, tiles: Tiles, books: Books) -> str:
    """Everything that the next record depends on, besides what lies in the scratch file."""
    state = books.state
    return json.dumps(
        {
            "size": log.frontier.size,
            "frontier": log.frontier.to_bytes().hex(),
            "last": log.last,
            "command": log.command,
            "textless": list(log.textless.items()),
            "tiles": [[row.hex() for row in tiles.rows], tiles.counts],
            "erased": list(books.erased.items()),
            "texts": [sorted(books.textless), books.unchecked],
            "opened_as": books.opened_as,
            "settings": None if state.settings is None else astuple(state.settings),
            "names": [(name, account, state.named_at[name]) for name, account in state.names.items()],
            "accounts": [astuple(account) for account in state.accounts.values()],
            "totals": [(*key, *totals) for key, totals in state.totals.items()],
            "currencies": state.currencies,
            "counters": [(*key, last) for key, last in state.counters.items()],
            "members": [
                (member.user, member.role, member.until and format_time(member.until), member.changed)
                for member in state.members.values()
            ],
        }
    )


def size_of(text: str) -> int:
    """How many records an audit had done. Raises ValueError, KeyError and TypeError."""
    return int(json.loads(text)["size"])


def restore(text: str, log: Log, tiles: Tiles, books: Books) -> None:
    """The inverse of `dump`, into what has seen nothing yet. Raises ValueError, KeyError and TypeError."""
    saved: dict[str, Any] = json.loads(text)
    log.frontier = Frontier.from_bytes(saved["size"], bytes.fromhex(saved["frontier"]))
    log.next = saved["size"]
    log.last = None if saved["last"] is None else Envelope(*saved["last"])
    log.command = tuple(saved["command"])
    log.textless = dict(saved["textless"])
    tiles.rows = [bytearray.fromhex(row) for row in saved["tiles"][0]]
    tiles.counts = saved["tiles"][1]
    books.erased = dict(saved["erased"])
    books.textless, books.unchecked = set(saved["texts"][0]), saved["texts"][1]
    books.opened_as = saved["opened_as"]
    books.state = State(
        settings=None if saved["settings"] is None else Settings(*saved["settings"]),
        names={name: account for name, account, _ in saved["names"]},
        named_at={name: position for name, _, position in saved["names"]},
        accounts={row[0]: _account(*row) for row in saved["accounts"]},
        totals={(account, currency): Totals(*sums) for account, currency, *sums in saved["totals"]},
        currencies=saved["currencies"],
        counters={(series, year): last for series, year, last in saved["counters"]},
        members={row[0]: _member(*row) for row in saved["members"]},
    )


def _account(
    id_: int,
    type_: str,
    normal: str,
    status: str,
    number: str | None,
    role: str | None,
    currencies: list[str],
    *at: Any,
) -> Account:
    return Account(
        id_,
        AccountType(type_),
        Side(normal),
        Status(status),
        number,
        None if role is None else Role(role),
        tuple(currencies),
        *at,
    )


def _member(user: str, role: str | None, until: str | None, changed: int) -> Member:
    return Member(
        user, None if role is None else MemberRole(role), None if until is None else parse_time(until), changed
    )

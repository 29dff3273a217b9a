"""An audit over HTTP, of a real server, by somebody who has the role of an auditor and nothing else."""

import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from api.audit.bounded_http import Client, Refused
from api.audit.report import FindingKind, Name, Report
from api.audit.sources import Unusable
from ledger.notes import SigningKey, VerifierKey
from tests.audited import assert_fine, audited
from tests.http.service import BOTH, Books, Server, client, command, open_books, sale, serve, sqlite_settings, with_user
from tests.stores import outsider


async def report_on(books: Books, server: Server, token: str | None = None, **options: Any) -> Report:
    """What an audit over HTTP finds."""
    return await audited(f"{server.url}/api/ledgers/{books.id}", token=token or server.token, **options)


async def filled(books: Books) -> None:
    """Transactions in two currencies, a reversal, a new name, and texts erased."""
    await books.bulk(*[command(sale(f"{n}.00", description=f"sale {n} äöü")) for n in range(1, 300)])
    posted = await books.post("/transactions", sale("7.00", currency="USD", metadata={"n": 1e20, "of": [1.5]}), key="k")
    await books.post(f"/transactions/{posted['id']}/reverse", {})
    await books.send("PATCH", f"/accounts/{await books.id_of('Assets:Cash')}", {"path": "Assets:Till"})
    await books.send("POST", f"/transactions/{posted['id']}/erase", {"reason": "asked", "force": True})
    await books.get("/balances", min_size=await books.size(), limit=1)


@BOTH
async def test_a_ledger_over_http_is_fine(books: Books, server: Server, tmp_path: Path) -> None:
    await filled(books)
    await books.call("GET", f"/log/checkpoint?min_size={await books.size()}", expect=200)
    vkey = VerifierKey.parse((await books.call("GET", "/log/vkey", expect=200)).text)
    member = await books.post("/tokens", {"name": "the auditor", "role": "auditor"})
    options = {"policy": [vkey], "state": tmp_path / "state.json"}
    first = await report_on(books, server, token=member["token"], **options)
    assert_fine(first, unchecked={Name.HISTORY, Name.READ_MODELS})
    assert first.erased == 1 and first.size > 300
    assert first[Name.GUARDS].unchecked == ["the other guards are not served over HTTP"]
    await books.post("/transactions", sale())
    second = await report_on(books, server, token=member["token"], **options)
    assert_fine(second, unchecked={Name.READ_MODELS})


async def test_who_may_not_read_the_log_is_told_so(books: Books, server: Server) -> None:
    viewer = await books.post("/tokens", {"name": "a viewer", "role": "viewer"})
    for token in (viewer["token"], "nonsense"):
        with pytest.raises(Unusable, match=r"the server answers 40[13]"):
            await report_on(books, server, token=token)
    with pytest.raises(Unusable, match="the server answers 404"):
        await audited(f"{server.url}/api/ledgers/none", token=server.token)
    with pytest.raises(Unusable, match="cannot be reached"):
        await audited("http://127.0.0.1:9/api/ledgers/none", token=server.token)


# --- a server whose operator changed the database ---------------------------------------------------------------------


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Server, Books]]:
    """A server of this test's own, with a ledger."""
    with serve(sqlite_settings(tmp_path)) as running:
        server = with_user(running)
        async with client(server, token=server.token) as api:
            books = await open_books(api, "own")
            await filled(books)
            yield server, books


CASES: dict[str, tuple[str, FindingKind, Name, int | None]] = {
    "body": (
        "UPDATE journal SET data = CAST(replace(data, '.00', '.01') AS BLOB) WHERE position = 50",
        FindingKind.TAMPERING,
        Name.ROOT,
        None,
    ),
    "memo": (
        "UPDATE memos SET memo = CAST(replace(memo, 'sale', 'SALE') AS BLOB) WHERE position = 50",
        FindingKind.TAMPERING,
        Name.ROOT,
        None,
    ),
    "memo gone": ("UPDATE memos SET memo = NULL WHERE position = 50", FindingKind.TAMPERING, Name.TILES, 50),
    "currency": ("UPDATE currencies SET scale = 3 WHERE currency = 'USD'", FindingKind.BOOKS, Name.GUARDS, None),
    "owner": ("UPDATE ledgers SET time_zone = 'Asia/Tokyo'", FindingKind.BOOKS, Name.GUARDS, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_an_operator_changes_is_found(
    own: tuple[Server, Books], case: tuple[str, FindingKind, Name, int | None]
) -> None:
    server, books = own
    statement, kind, check, position = case
    await change(server, statement)
    report = await report_on(books, server)
    assert report.exit_code == kind.value, [str(fault) for fault in report.faults]
    assert position in {fault.position for fault in report[check].faults}


async def test_balances_that_are_shown_are_those_of_the_log(own: tuple[Server, Books]) -> None:
    server, books = own
    assert_fine(await report_on(books, server), unchecked={Name.SIGNATURES, Name.HISTORY, Name.READ_MODELS})
    await change(server, "UPDATE account_balances SET credits = debits WHERE currency = 'EUR'", projected=True)
    report = await report_on(books, server)
    assert report.exit_code == FindingKind.BOOKS.value
    assert any(fault.what.startswith("balances of") for fault in report[Name.PROJECTION].faults)


# --- a server that lies -----------------------------------------------------------------------------------------------

Lie = Callable[[bytes], bytes]


class Told(io.BytesIO):
    """An answer."""

    headers: ClassVar[dict[str, str]] = {}


def member(*path: Any, value: Any) -> Lie:
    """JSON in which something else stands there."""

    def lie(body: bytes) -> bytes:
        whole = found = json.loads(body)
        for each in path[:-1]:
            found = found[each]
        found[path[-1]] = value
        return json.dumps(whole).encode()

    return lie


def line(number: int, lie: Lie) -> Lie:
    """JSON lines of which one is another."""

    def lied(body: bytes) -> bytes:
        lines = body.split(b"\n")
        lines[number] = lie(lines[number])
        return b"\n".join(lines)

    return lied


def nothing(name: str) -> Lie:
    """A page with nothing on it, after which there is another one."""
    return lambda body: member("next", value="again")(member(name, value=[])(body))


def refused(_body: bytes) -> bytes:
    """No answer."""
    raise Refused(500, "no")


LIES: dict[str, tuple[str, Lie, FindingKind, Name]] = {
    "no checkpoint": ("/log/checkpoint", refused, FindingKind.MISSING, Name.SIGNATURES),
    "no tiles": ("/log/tile/0/", refused, FindingKind.MISSING, Name.TILES),
    "no balances": ("/balances", refused, FindingKind.MISSING, Name.PROJECTION),
    "another account's name": (
        "/accounts?",
        member("accounts", 0, "path", value="X"),
        FindingKind.BOOKS,
        Name.PROJECTION,
    ),
    "no currencies": ("/currencies", refused, FindingKind.MISSING, Name.GUARDS),
    "a longer tile": ("/log/tile/0/000", lambda body: body + bytes(32), FindingKind.TAMPERING, Name.TILES),
    "another balance": ("/balances", member("balances", 0, "debits", value="0.01"), FindingKind.BOOKS, Name.PROJECTION),
    "a balance of numbers": ("/balances", member("balances", 0, "debits", value=5), FindingKind.BOOKS, Name.PROJECTION),
    "a balance of no account": (
        "/balances",
        member("balances", 0, "account_id", value=[]),
        FindingKind.MISSING,
        Name.PROJECTION,
    ),
    "balances that never end": ("/balances", member("next", value="again"), FindingKind.BOOKS, Name.PROJECTION),
    "accounts that never end": ("/accounts?", member("next", value="again"), FindingKind.BOOKS, Name.PROJECTION),
    "pages of nothing": ("/balances", nothing("balances"), FindingKind.MISSING, Name.PROJECTION),
    "pages of no accounts": ("/accounts?", nothing("accounts"), FindingKind.MISSING, Name.PROJECTION),
    "erased by no number": (
        "/events",
        line(9, member("memo_erased_by", value="x")),
        FindingKind.TAMPERING,
        Name.LOG,
    ),
    "depth": ("/events", line(9, lambda _: b"[" * 100_000), FindingKind.TAMPERING, Name.LOG),
    "a number of no double": ("/events", line(9, member("position", value=10**400)), FindingKind.TAMPERING, Name.LOG),
}


async def test_a_server_that_lies_is_found_out(own: tuple[Server, Books], monkeypatch: pytest.MonkeyPatch) -> None:
    server, books = own
    honest = Client._ask
    key = SigningKey.generate("example.com/books").verifier
    for name, (part, lie, kind, check) in LIES.items():

        def ask(self: Client, connection: Any, path: str, headers: dict[str, str], meter: Any) -> Any:
            asked = path.replace("&cursor=again", "")  # the same page as before
            answer = honest(self, connection, asked, headers | {"Accept-Encoding": "identity"}, meter)
            return Told(lie(answer.read())) if part in path else answer  # noqa: B023  (called within the loop)

        monkeypatch.setattr(Client, "_ask", ask)
        report = await report_on(books, server, policy=[key] if check is Name.SIGNATURES else None)
        assert report.exit_code == kind.value, (name, [str(fault) for fault in report.faults])
        assert kind in {fault.kind for fault in report[check].faults}, name


async def change(server: Server, statement: str, *, projected: bool = False) -> None:
    """Change the server's own database, past its triggers."""
    async with outsider(server.settings.database_url, projected=projected) as outside:
        for (name,) in await outside.fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            await outside.execute(f"DROP TRIGGER {name}")
        await outside.execute(statement)

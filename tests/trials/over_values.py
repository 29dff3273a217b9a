"""Requests that go just over a limit on values, on questions, and on what a user may have (`docs/limits.md`)."""

import asyncio
import ipaddress
import itertools
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx

from api.documents import dashboard, figures
from api.http import dependencies
from api.http.parameters import LIMIT_MAX, TIMEOUT_SECONDS_MAX
from api.routes import transactions as transaction_routes
from api.shapes import strict_json, values
from api.shapes import transactions as transaction_shapes
from ledger import accounts, money, transactions
from tests.http.service import PASSWORD, credit, debit, sale, transaction
from tests.trials.attack import JSON, Attacker, over

# --- values ----------------------------------------------------------------------------------------------------------


@over("postings of a transaction")
async def postings(attacker: Attacker) -> int:
    await attacker.post(422, "too_few_postings", transaction(debit("Assets:Cash", "1.00")))
    lines = [debit("Assets:Cash", "0.00")] * (transactions.POSTINGS_MAX + 1)
    await attacker.post(422, "too_many_postings", b'{"date":"2026-01-02","postings":[' + b"{}," * 300_000 + b"{}]}")
    return await attacker.post(422, "too_many_postings", transaction(*lines))


async def with_posting(attacker: Attacker, **facts: Any) -> None:
    """A sale with a posting that is refused for these."""
    body = transaction(debit("Assets:Cash", "1.00", **facts), credit("Income:Sales", "1.00"))
    await attacker.post(422, "invalid", body)


@over("dimensions of a posting")
async def dimensions(attacker: Attacker) -> None:
    await with_posting(attacker, dimensions={f"d{n}": "x" for n in range(transaction_shapes.DIMENSIONS_MAX + 1)})
    await with_posting(attacker, dimensions={f"d{n}": 0 for n in range(50_000)})


@over("tags of a transaction")
async def tags(attacker: Attacker) -> None:
    await attacker.post(422, "invalid", sale(tags=["x"] * (transaction_shapes.TAGS_MAX + 1)))
    await attacker.post(422, "invalid", sale(tags=[0] * 300_000))


@over("hashes of a document")
async def hashes(attacker: Attacker) -> None:
    await attacker.post(422, "invalid", sale(document={"sha256": ["0" * 64] * (transaction_shapes.HASHES_MAX + 1)}))


@over("currencies of an account")
async def currencies(attacker: Attacker) -> None:
    body = {"path": "Assets:X", "currencies": ["EUR"] * (accounts.CURRENCIES_MAX + 1)}
    await attacker.post(422, "invalid", body, path="@/accounts")


@over("metadata")
async def metadata(attacker: Attacker) -> None:
    await attacker.post(422, "invalid", sale(metadata={"a": "x" * values.METADATA_BYTES_MAX}))
    await attacker.post(422, "invalid", sale(metadata={f"m{n}": [] for n in range(70_000)}))


@over("nesting of metadata")
async def nested_metadata(attacker: Attacker) -> None:
    for levels in (strict_json.NESTED_MAX, 400, 900):
        raw = json.dumps(sale())[:-1] + ', "metadata": {"a": ' + "[" * levels + "]" * levels + "}}"
        await attacker.post(422, "invalid", raw.encode())


@over("description, payee, text of a posting, label")
async def texts(attacker: Attacker) -> None:
    long = "x" * (values.LINE_LENGTH_MAX + 1)
    for member in ("description", "payee"):
        await attacker.post(422, "invalid", sale() | {member: long})
    await with_posting(attacker, text=long)
    await attacker.post(422, "invalid", {"path": "Assets:X", "label": long}, path="@/accounts")


@over("notes")
async def notes(attacker: Attacker) -> None:
    await attacker.post(422, "invalid", sale(notes="x" * (values.PROSE_LENGTH_MAX + 1)))


@over("reference of a document")
async def reference(attacker: Attacker) -> None:
    await attacker.post(422, "invalid", sale(document={"ref": "x" * (values.REFERENCE_LENGTH_MAX + 1)}))


@over("tag, party, tax code, unit, dimension")
async def codes(attacker: Attacker) -> None:
    long = "x" * (values.CODE_LENGTH_MAX + 1)
    await attacker.post(422, "invalid", sale(tags=[long]))
    for facts in ({"party": long}, {"tax": {"code": long}}, {"dimensions": {long: "x"}}, {"dimensions": {"x": long}}):
        await with_posting(attacker, **facts)
    await with_posting(attacker, quantity={"amount": "1", "unit": long})


@over("path of an account")
async def paths(attacker: Attacker) -> None:
    segment = "x" * accounts.SEGMENT_LENGTH_MAX
    for path in (f"Assets:{segment}x", ":".join(["Assets", *[segment] * 5]), ":".join(["Assets"] * 17)):
        await attacker.post(422, "invalid_path", {"path": path}, path="@/accounts")
    marks = "Assets:a" + "\u0316\u0301" * 200
    await attacker.post(422, "invalid_path", {"path": marks}, path="@/accounts")


@over("amount")
async def amount(attacker: Attacker) -> None:
    for digits in ("1" * (money.DIGITS_MAX + 1), "0." + "1" * (money.SCALE_MAX + 1)):
        await attacker.post(422, "invalid_amount", transaction(debit("Assets:Cash", digits)))


@over("idempotency key")
async def key(attacker: Attacker) -> None:
    headers = {"Idempotency-Key": "x" * (values.KEY_LENGTH_MAX + 1)}
    await attacker.refused(422, "invalid_key", "POST", "@/transactions", json=sale(), headers=headers)


@over("username, password")
async def username(attacker: Attacker) -> None:
    for name, password in (("x" * 32, PASSWORD), ("xx", PASSWORD), ("name", "x" * 256), ("name", "x" * 5)):
        await attacker.post(422, "invalid", {"username": name, "password": password}, path="/auth/register")
    marks = "a" + "\u0316\u0301" * 600
    await attacker.post(401, "wrong_credentials", {"username": "name", "password": marks}, path="/auth/login")


# --- questions -------------------------------------------------------------------------------------------------------


@over("entries of a page (`limit`)")
async def page(attacker: Attacker) -> None:
    for path in ("transactions", "accounts", "balances", "events"):
        await attacker.refused(422, "invalid", "GET", f"@/{path}?limit={LIMIT_MAX + 1}")


@over("waiting for `min_size` (`timeout`)")
async def timeout(attacker: Attacker) -> None:
    await attacker.refused(422, "invalid", "GET", f"@/balances?timeout={TIMEOUT_SECONDS_MAX + 1}")
    await attacker.refused(422, "size_ahead", "GET", f"@/balances?min_size={10**9}&timeout=30")


@over("a cursor")
async def cursor(attacker: Attacker) -> None:
    for sent in ("x" * (dependencies.CURSOR_LENGTH_MAX + 1), "W" * 7_000):
        await attacker.refused(400, "cursor_invalid", "GET", f"@/transactions?cursor={sent}")


@over("metadata filters")
async def filters(attacker: Attacker) -> None:
    query = "&".join(f"metadata.k{n}=v" for n in range(transaction_routes.METADATA_FILTERS_MAX + 1))
    await attacker.refused(422, "too_many", "GET", f"@/transactions?{query}")


@over("`text=`")
async def text(attacker: Attacker) -> None:
    await attacker.refused(
        422, "invalid", "GET", "@/transactions?text=" + "x" * (transaction_routes.TEXT_LENGTH_MAX + 1)
    )


@over("records that a page of the log with filters reads", lowered=True)
async def scanned(attacker: Attacker) -> None:
    answer = (await attacker.api.get(f"/ledgers/{attacker.ledger}/events?actor=nobody")).json()
    assert answer["events"] == [] and answer["next"] is not None


@over("accounts of a dashboard", "accounts of a report", "accounts and currencies of a list of changes", lowered=True)
async def many_accounts(attacker: Attacker) -> None:
    assert dashboard.ACCOUNTS_MAX == figures.ACCOUNTS_MAX
    for path in ("dashboard", "reports/trial-balance", "reports/balance-sheet"):
        document = await attacker.refused(422, "too_many", "GET", f"/ledgers/wide/{path}?min_size=12")
        assert "accounts" in document["what"] or "pairs" in document["what"]
    size = (await attacker.api.get("/ledgers/wide")).json()["size"]
    path = f"/ledgers/wide/reports/changes?from_size=1&to_size={size}"
    assert "accounts" in (await attacker.refused(422, "too_many", "GET", path))["what"]


@over("newest transactions on a dashboard", lowered=True)
async def newest(attacker: Attacker) -> None:
    document = (await attacker.api.get(f"/ledgers/{attacker.ledger}/dashboard?min_size=1000")).json()
    assert 1 <= len(document["transactions"]) < 5


@over("bodies of the records or transactions of a page", lowered=True)
async def large_page(attacker: Attacker) -> None:
    page = (await attacker.api.get(f"/ledgers/{attacker.ledger}/events?limit=1000")).json()
    assert len(page["events"]) < 200 and page["next"] == len(page["events"])


@over("balances rolled up by `depth`", lowered=True)
async def rolled_up(attacker: Attacker) -> None:
    await attacker.refused(422, "too_many", "GET", "/ledgers/wide/balances?depth=1&limit=1")


@over("lines of opening entries or closings of a report", lowered=True)
async def lines_of_a_kind(attacker: Attacker) -> None:
    path = "/ledgers/kinds/reports/cash-flow?from=2024-01-01&to=2024-12-31"
    await attacker.refused(422, "too_many", "GET", path)


@over("lines with cash of a report", lowered=True)
async def lines_with_cash(attacker: Attacker) -> None:
    await attacker.refused(422, "too_many", "GET", "@/reports/cash-flow?from=2024-01-01&to=2024-12-31")


@over("balances on the days of closings of a report", lowered=True)
async def closings(attacker: Attacker) -> None:
    await attacker.refused(422, "too_many", "GET", "/ledgers/closings/reports/balance-sheet?effective=2025-06-30")


@over("records read to find the roles of a report's accounts", lowered=True)
async def roles_then(attacker: Attacker) -> None:
    await attacker.refused(422, "too_many", "GET", "/ledgers/target/reports/cash-flow?recorded_size=1500")


@over("records of a dashboard of the past", lowered=True)
async def long_past(attacker: Attacker) -> None:
    size = (await attacker.api.get(f"/ledgers/{attacker.ledger}")).json()["size"]
    await attacker.refused(422, "too_many", "GET", f"@/dashboard?recorded_size={size}")


async def at_once(attacker: Attacker, path: str) -> None:
    """Some of many that ask at once, each for an answer of their own, are told that the server is busy."""
    path, own = path.replace("@", f"/ledgers/{attacker.ledger}"), {"Cache-Control": "no-store"}
    answers = await asyncio.gather(*[attacker.api.get(path, headers=own) for _ in range(12)])
    assert {answer.status_code for answer in answers} <= {200, 503}, answers[0].text
    assert "busy" in [answer.json().get("code") for answer in answers]


@over("dashboards of the past at once", lowered=True)
async def pasts(attacker: Attacker) -> None:
    await at_once(attacker, "@/dashboard?recorded_size=1400")


@over("records between the two sizes of a list of changes", lowered=True)
async def long_changes(attacker: Attacker) -> None:
    size = (await attacker.api.get(f"/ledgers/{attacker.ledger}")).json()["size"]
    await attacker.refused(422, "too_many", "GET", f"@/reports/changes?from_size=0&to_size={size}")


@over("lists of changes at once", lowered=True)
async def changes_at_once(attacker: Attacker) -> None:
    await at_once(attacker, "@/reports/changes?from_size=1&to_size=1400")


@over("reports at once", "callers that wait for a turn", lowered=True)
async def reports(attacker: Attacker) -> None:
    await at_once(attacker, "@/reports/trial-balance")


@over("followers of logs, and streams of whole logs", lowered=True)
async def followers(attacker: Attacker) -> None:
    async with AsyncExitStack() as stack:
        following = {"Accept": "text/event-stream"}
        path = f"/ledgers/{attacker.ledger}/events?start=1000000"
        for _ in range(3):
            answer = await stack.enter_async_context(attacker.api.stream("GET", path, headers=following))
            assert answer.status_code == 200
        await attacker.refused(503, "busy", "GET", path, headers=following)


@over("time of a follower", lowered=True)
async def follows_for_long(attacker: Attacker) -> None:
    path = f"/ledgers/{attacker.ledger}/events?start=1000000"
    answer = await attacker.api.get(path, headers={"Accept": "text/event-stream"})
    assert answer.status_code == 200


# --- books and users -------------------------------------------------------------------------------------------------


@over("commands that wait for a ledger", lowered=True)
async def queue(attacker: Attacker) -> int:
    body = json.dumps({"atomic": True, "commands": [{"type": "post_transaction", **sale()}] * 150}).encode()
    sent = [attacker.api.post(f"/ledgers/{attacker.ledger}/commands", content=body, headers=JSON) for _ in range(16)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert "busy" in [answer.json().get("code") for answer in answers]
    return len(body) * len(sent)


@over("ledgers that a user owns", lowered=True)
async def ledgers(attacker: Attacker) -> None:
    answers = [await attacker.api.post("/ledgers", json={}) for _ in range(6)]
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (422, "too_many")


@over("tokens of a user for a ledger", lowered=True)
async def api_tokens(attacker: Attacker) -> None:
    body = {"name": "x", "role": "viewer"}
    answers = [await attacker.api.post(f"/ledgers/{attacker.ledger}/tokens", json=body) for _ in range(4)]
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (422, "too_many")


async def sign_in(attacker: Attacker, name: str, address: str) -> httpx.Response:
    """The answer to a wrong password from an address."""
    body = {"username": name, "password": "wrong one"}
    headers = {"X-Forwarded-For": address, "Authorization": ""}
    return await attacker.api.post("/auth/login", json=body, headers=headers)


_numbers = itertools.count(1)


def fresh() -> int:
    """A number for a name that nobody had before."""
    return next(_numbers)


def fresh_address() -> str:
    """An address that nobody had before."""
    return str(ipaddress.IPv4Address("198.18.0.0") + next(_numbers))


@over("failed sign-ins as one user from one address", lowered=True)
async def sign_ins(attacker: Attacker) -> None:
    name, address = f"one-{fresh()}", fresh_address()
    statuses = [(await sign_in(attacker, name, address)).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]


@over("failed sign-ins from one address", lowered=True)
async def sign_ins_from_one(attacker: Attacker) -> None:
    address = fresh_address()
    statuses = [(await sign_in(attacker, f"name-{fresh()}", address)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


@over("failed sign-ins as one user from new addresses", lowered=True)
async def sign_ins_as_one(attacker: Attacker) -> None:
    name = f"two-{fresh()}"
    statuses = [(await sign_in(attacker, name, fresh_address())).status_code for _ in range(5)]
    assert statuses == [401] * 4 + [429]


@over("registrations from one address", lowered=True)
async def registrations(attacker: Attacker) -> None:
    statuses = []
    headers = {"X-Forwarded-For": fresh_address(), "Authorization": ""}
    for _ in range(21):
        body = {"username": f"new-{fresh()}", "password": PASSWORD}
        statuses.append((await attacker.api.post("/auth/register", json=body, headers=headers)).status_code)
    assert statuses == [201] * 20 + [429]


@over("passwords that wait to be computed", "passwords computed at once", lowered=True)
async def computing(attacker: Attacker) -> None:
    sent = [sign_in(attacker, f"wait-{fresh()}", fresh_address()) for _ in range(12)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {401, 503}

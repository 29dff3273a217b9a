"""Whatever is sent, the answer is a well-formed one, never our own fault, and a refusal changes nothing."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.errors import STATUSES
from tests.http.service import PASSWORD, Json, Server, command, credit, debit, require_problem, sale, transaction

EXAMPLES = 15
QUIET = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))

TEXTS = st.text(max_size=20) | st.sampled_from(
    ["", "EUR", "-1.00", "1e5", "2024-02-30", "#1000", "Assets:Cash", "\0", "\ud800", "９", "a" * 700, "null"]
)
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 2**31, 2**53, 2**63, -(2**63), 2**64, 10**30, 10**400, 1e308, 5e-324, -0.0])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
FULL = transaction(
    debit(
        "Assets:Cash",
        "12.50",
        text="t",
        dimensions={"a": "b"},
        tax={"code": "V", "base": "1.00"},
        original={"amount": "1", "currency": "JPY"},
        quantity={"amount": "2.5", "unit": "h"},
        party="p",
        due="2024-06-01",
        value_date="2024-06-01",
    ),
    credit("Income:Sales", "12.50"),
    description="d",
    payee="p",
    notes="n",
    kind="normal",
    series="A",
    document={"ref": "R", "date": "2024-05-01", "due": "2024-05-02", "party": "x", "sha256": ["0" * 64]},
    tags=["t"],
    metadata={"m": [1, {"n": None}]},
)
ACCOUNT: Json = {
    "path": "Assets:Fuzz",
    "type": "asset",
    "normal": "debit",
    "number": "77",
    "role": "cash",
    "currencies": ["EUR"],
    "label": "l",
    "metadata": {"a": 1},
}
LEDGER: Json = {
    "name": "n",
    "currency": "EUR",
    "time_zone": "UTC",
    "fiscal_year_start": "01-01",
    "retention_years": 10,
}
OPENING = {name: value for name, value in ACCOUNT.items() if name != "type"} | {"account_type": "asset"}
PARAMETERS = (
    *("account", "under", "from", "to", "text", "min_amount", "max_amount", "reference", "kind", "metadata.a"),
    *("effective", "recorded", "recorded_size", "min_size", "timeout", "depth", "sign", "limit", "cursor", "start"),
    "command",
)
NOBODY = "0190a5e2-1234-7abc-8def-0123456789ab"
COMMANDS: list[Json] = [
    command(FULL, key="k"),
    {"type": "reverse_transaction", "transaction": NOBODY, "date": "2024-01-01", "description": "d", "notes": "n"},
    command(OPENING, "open_account"),
    {"type": "rename_account", "account": "Assets:Bank", "path": "Assets:Fuzzy", "number": "78", "label": "l"},
    {"type": "update_account", "account": "Assets:Bank", "role": "bank", "currencies": ["EUR"], "metadata": {}},
    {"type": "close_account", "account": "Assets:Bank"},
    {"type": "reopen_account", "account": "Assets:Bank"},
    {"type": "declare_currency", "currency": "BTC", "scale": 8},
    {"type": "update_ledger", **LEDGER},
    {"type": "set_limits", "account": "Assets:Bank", "currency": "EUR", "floor": "-1.00", "ceiling": "100.00"},
]


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from paths_in(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths_in(item, (*path, index))


def with_put(value: Any, path: tuple[Any, ...], news: Any) -> Any:
    """The same value with something else at a place."""
    if not path:
        return news
    first, *rest = path
    if isinstance(value, dict):
        return value | {first: with_put(value[first], tuple(rest), news)}
    return [with_put(item, tuple(rest), news) if index == first else item for index, item in enumerate(value)]


@st.composite
def spoiled(draw: st.DrawFn, good: Any) -> Any:
    """A good body with one or two things in it that nobody expects."""
    body = good
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(sorted(paths_in(body), key=repr)))
        change = draw(st.integers(0, 3))
        if change == 0 and path and isinstance(path[-1], str):  # another name
            body = with_put(body, path[:-1], {draw(TEXTS): 1} | dict(pick(body, path[:-1])))
        elif change == 1:
            body = with_put(body, path, [pick(body, path)])
        else:
            body = with_put(body, path, draw(VALUES))
    return body


def pick(value: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a place."""
    for step in path:
        value = value[step]
    return value


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def fuzzed(request: pytest.FixtureRequest) -> Iterator[tuple[httpx.Client, str]]:
    """A client, and a ledger to try things on, on each kind of database."""
    kind = "sqlite_server" if request.param == "sqlite" else "postgres_server_"
    server: Server = request.getfixturevalue(kind)
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx.Client(base_url=f"{server.url}/api", headers=headers, timeout=30) as caller:
        assert caller.post("/ledgers", json={"id": "fuzz", "currency": "EUR"}).status_code == 201
        for path in ("Assets:Cash", "Assets:Bank", "Income:Sales"):
            assert caller.post("/ledgers/fuzz/accounts", json={"path": path}).status_code == 201
        assert caller.post("/ledgers/fuzz/transactions", json=sale()).status_code == 201
        yield caller, "/ledgers/fuzz"


Send = Callable[[httpx.Client, str, Any], httpx.Response]


def try_json(caller: httpx.Client, method: str, url: str, body: Any) -> None:
    """Send a body, and hold the answer to what all answers must have."""
    head = caller.get("/ledgers/fuzz").headers["Ledger-Size"]
    raw = json.dumps(body).encode()
    answer = caller.request(method, url, content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, (answer.text, body)
    assert answer.headers["X-Request-Id"]
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        require_problem(answer.json(), answer.status_code)
        assert caller.get("/ledgers/fuzz").headers["Ledger-Size"] == head, "a refusal changed something"


ROUTES: list[tuple[str, str, Any]] = [
    ("POST", "/transactions", FULL),
    ("POST", "/transactions", sale()),
    ("POST", f"/transactions/{NOBODY}/reverse", {"date": "2024-01-01", "description": "d", "notes": "n"}),
    ("POST", "/accounts", ACCOUNT),
    ("PATCH", "/accounts/Assets:Bank", {name: ACCOUNT[name] for name in ACCOUNT if name not in ("type", "normal")}),
    ("POST", "/accounts/Assets:Bank/close", {}),
    ("POST", "/currencies", {"currency": "BTC", "scale": 8}),
    ("PATCH", "", LEDGER),
]


@pytest.mark.parametrize(("method", "path", "good"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
def test_no_body_is_too_strange_for_a_route(
    fuzzed: tuple[httpx.Client, str], method: str, path: str, good: Any
) -> None:
    caller, ledger = fuzzed

    @QUIET
    @given(spoiled(good) | VALUES)
    def attempt(body: Any) -> None:
        try_json(caller, method, ledger + path, body)

    attempt()


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("/ledgers", LEDGER),
        ("/auth/login", {"username": "alice", "password": "short"}),
        ("/auth/register", {"username": "al", "password": PASSWORD}),
    ],
)
def test_no_body_is_too_strange_outside_a_ledger(fuzzed: tuple[httpx.Client, str], path: str, good: Any) -> None:
    caller, _ = fuzzed

    @settings(QUIET, max_examples=EXAMPLES // 2)
    @given(spoiled(good) | VALUES)
    def attempt(body: Any) -> None:
        try_json(caller, "POST", path, body)

    attempt()


@pytest.mark.parametrize("atomic", [False, True])
def test_no_command_is_too_strange_for_a_bulk(fuzzed: tuple[httpx.Client, str], atomic: bool) -> None:
    caller, ledger = fuzzed
    commands = st.one_of(*[spoiled(each) for each in COMMANDS], VALUES, st.sampled_from(COMMANDS))

    @settings(QUIET, max_examples=2 * EXAMPLES)
    @given(st.lists(commands, max_size=5))
    def attempt(bodies: list[Any]) -> None:
        raw = json.dumps({"atomic": atomic, "commands": bodies}).encode()
        headers = {"Content-Type": "application/json"}
        answer = caller.post(f"{ledger}/commands", content=raw, headers=headers)
        assert answer.status_code < 500, (answer.text, bodies)
        if answer.status_code >= 400:
            require_problem(answer.json(), answer.status_code)
            return
        document = answer.json()
        assert [result["index"] for result in document["results"]] == list(range(len(bodies)))
        for result in document["results"]:
            if result["status"] != 201:
                assert STATUSES[result["code"]] == result["status"] < 500
                assert result["detail"]

    attempt()


def test_no_query_is_too_strange(fuzzed: tuple[httpx.Client, str]) -> None:
    caller, ledger = fuzzed
    names = st.sampled_from(PARAMETERS)
    values = (
        st.text(st.characters(codec="utf-8"), max_size=20)
        | st.integers().map(str)
        | st.dates().map(str)
        | st.datetimes().map(lambda time: f"{time.isoformat()}Z")
        | st.sampled_from(["Assets:Cash", "Assets", "#1", "1.5", "natural", "0001-01-01", "9999-12-31", "%", "nan"])
    )
    accounts = ["/accounts", *[f"/accounts/Assets:Cash{path}" for path in ("", "/balance", "/register")]]
    others = ["", "/balances", "/register", "/transactions", "/events", "/currencies"]
    paths = st.sampled_from(accounts + others)

    @settings(QUIET, max_examples=3 * EXAMPLES)
    @given(paths, st.dictionaries(names, values, max_size=4))
    def attempt(path: str, params: dict[str, str]) -> None:
        answer = caller.get(ledger + path, params={"timeout": "0"} | params)
        assert answer.status_code < 500 or answer.json()["code"] == "projection_behind", (answer.text, params)
        if answer.status_code >= 400:
            require_problem(answer.json(), answer.status_code)

    attempt()


def test_no_name_is_too_strange_for_a_url(fuzzed: tuple[httpx.Client, str]) -> None:
    caller, ledger = fuzzed
    names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)

    @QUIET
    @given(names)
    def attempt(name: str) -> None:
        encoded = quote(name, safe="").replace(".", "%2E")
        for path in (f"/ledgers/{encoded}", f"{ledger}/accounts/{encoded}/balance", f"{ledger}/transactions/{encoded}"):
            answer = caller.get(path)
            assert answer.status_code in (200, 404, 422), (path, answer.text)
            assert answer.status_code != 200 or name == "fuzz" or name.isdigit()

    attempt()

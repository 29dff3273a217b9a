"""Charts of accounts: the ones that come with the package, how a file is read, and ledgers that begin with one."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.start.charts import PERSONAL, Chart, find_chart, find_shipped_chart, read_chart, read_shipped_charts
from ledger.accounts import AccountType, Role, infer_type
from ledger.errors import InvalidField
from tests.http.service import BOTH, Json, sqlite_settings

_numbers = itertools.count(1)


def chart_of(*accounts: Json, **members: Any) -> Chart:
    """A chart of these accounts."""
    return read_chart(json.dumps({"chart": "mine", "accounts": accounts, **members}))


def account(name: str, type_: str | None = "ASSET", parent: str | None = None, **members: Any) -> Json:
    """An entry of a chart."""
    return {"name": name, "type": type_, "parent": parent, **members}


# --- the package's own


def test_the_charts_of_the_package_are_ready_to_use() -> None:
    charts = {chart.name: chart for chart in read_shipped_charts()}
    assert list(charts) == ["club", "personal", "small-business"]
    for chart in charts.values():
        assert chart.title and chart.description.endswith(".")
        roles = {each.role for each in chart.accounts}
        assert roles >= {Role.CASH, Role.BANK, Role.RECEIVABLE, Role.PAYABLE, Role.RETAINED_EARNINGS}
        assert {each.type for each in chart.accounts} == set(AccountType)
        for each in chart.accounts:
            assert each.path and infer_type(each.path) is each.type
    assert Role.TAX in {each.role for each in charts["small-business"].accounts}
    assert all(each.number for each in charts["small-business"].accounts)
    assert len(charts[PERSONAL].accounts) < 50


@BOTH
async def test_a_ledger_begins_with_a_chart_in_one_step(api: httpx.AsyncClient) -> None:
    answer = await api.get("/charts")
    assert answer.status_code == 200
    for chart in answer.json()["charts"]:
        id_ = f"chart-{next(_numbers)}"
        opened = await api.post("/ledgers", json={"id": id_, "currency": "EUR", "chart": chart["name"]})
        assert opened.status_code == 201, opened.text
        receipt = opened.json()
        assert (receipt["id"], receipt["position"]) == (id_, 0)
        assert (await api.get(f"/ledgers/{id_}")).json()["size"] == receipt["size"] == chart["accounts"] + 1
        params = {"limit": 1000, "min_size": receipt["size"]}
        accounts = (await api.get(f"/ledgers/{id_}/accounts", params=params)).json()["accounts"]
        wanted = {each.path: each for each in find_shipped_chart(chart["name"]).accounts}
        assert {each["path"] for each in accounts} == wanted.keys()
        for each in accounts:
            chosen = wanted[each["path"]]
            assert (each["type"], each["role"], each["number"]) == (chosen.type, chosen.role, chosen.number)


@pytest.mark.parametrize("name", ["nonsense", "../personal", "personal.json", "", "/etc/hostname"])
async def test_an_unknown_chart_is_refused_with_the_names_of_those_there_are(api: httpx.AsyncClient, name: str) -> None:
    id_ = f"chart-{next(_numbers)}"
    answer = await api.post("/ledgers", json={"id": id_, "chart": name})
    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "invalid")
    [error] = document["errors"]
    assert error["pointer"] == "#/chart"
    assert error["detail"].endswith("the charts are club, personal, small-business.")
    assert (await api.get(f"/ledgers/{id_}")).status_code == 404


@BOTH
async def test_a_repeat_opens_nothing_twice_and_another_chart_is_another_body(api: httpx.AsyncClient) -> None:
    for chart, others in (("personal", ["club", None]), (None, ["personal"]), ("small-business", ["personal"])):
        body = {"id": f"chart-{next(_numbers)}", "currency": "EUR", **({"chart": chart} if chart else {})}
        key = {"Idempotency-Key": body["id"]}
        first = await api.post("/ledgers", json=body, headers=key)
        size = first.json()["size"]
        again = await api.post("/ledgers", json=body, headers=key)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["Idempotent-Replayed"] == "true"
        for other in others:
            changed = {"id": body["id"], "currency": "EUR", **({"chart": other} if other else {})}
            answer = await api.post("/ledgers", json=changed, headers=key)
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch"), (chart, other)
            assert "index" not in answer.json()
        assert (await api.get(f"/ledgers/{body['id']}")).json()["size"] == size


async def test_a_ledger_whose_id_is_taken_leaves_nothing(api: httpx.AsyncClient) -> None:
    body = {"id": f"chart-{next(_numbers)}", "chart": "club"}
    assert (await api.post("/ledgers", json=body)).status_code == 201
    answer = await api.post("/ledgers", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "ledger_exists")
    assert "index" not in answer.json()


# --- reading a file


def test_paths_are_made_of_names_without_their_numbers() -> None:
    chart = chart_of(
        account("1 TILLGÅNGAR", number="1", placeholder=True),
        account("10 Kassa: liten", parent="1 TILLGÅNGAR", number="10"),
        account("1009 Bank", "BANK", parent="1", number="1010"),
        account("100 år", parent="10 Kassa: liten", number="10"),
        account("x" * 150, parent="1"),
    )
    assert [(each.path, each.number) for each in chart.accounts] == [
        ("TILLGÅNGAR:Kassa- liten", "10"),
        ("TILLGÅNGAR:1009 Bank", "1010"),
        ("TILLGÅNGAR:Kassa- liten:100 år", None),  # the first one has the number
        ("TILLGÅNGAR:" + "x" * 99 + "…", None),
    ]


def test_a_parent_is_the_nearest_above_and_equal_names_are_told_apart() -> None:
    chart = chart_of(
        account("Output", "LIABILITY"),
        account("Sales", "LIABILITY", "Output"),
        account("Income", "INCOME"),
        account("Sales", "INCOME", "Income"),
        account("EU", "INCOME", "Sales"),
        account("EU", "INCOME", "Sales", number="77"),
    )
    assert [each.path for each in chart.accounts][3:] == ["Income:Sales", "Income:Sales:EU", "Income:Sales:EU (77)"]


@pytest.mark.parametrize(
    ("type_", "wanted", "role"),
    [
        ("ASSET", AccountType.ASSET, None),
        ("BANK", AccountType.ASSET, Role.BANK),
        ("CASH", AccountType.ASSET, Role.CASH),
        ("RECEIVABLE", AccountType.ASSET, Role.RECEIVABLE),
        ("CREDIT", AccountType.LIABILITY, None),
        ("PAYABLE", AccountType.LIABILITY, Role.PAYABLE),
        ("equity", AccountType.EQUITY, None),
        ("income", AccountType.INCOME, None),
        ("EXPENSE", AccountType.EXPENSE, None),
    ],
)
def test_types_become_ours_with_a_role(type_: str, wanted: AccountType, role: Role | None) -> None:
    [opened] = chart_of(account("A", type_)).accounts
    assert (opened.type, opened.role) == (wanted, role)
    [opened] = chart_of(account("A", type_, role="tax")).accounts
    assert (opened.type, opened.role) == (wanted, Role.TAX)


def test_what_has_no_type_of_its_own_takes_it_from_flags_its_class_or_its_parent() -> None:
    def typed(**members: Any) -> list[AccountType | None]:
        entries = [
            account("60 Achats", "Achats", number="60", flags=["expense"], statement="income"),
            account("61 Autres", "Autres", number="61", flags=[], statement="income"),
            account("62 Vide", None, number="62"),
            account("10 Capital", "Capital", number="10", flags=[], statement="balance"),
            account("80 Hors bilan", "Hors", number="80", statement="off-balance"),
            account("Caisse", "CASH"),
            account("Tiroir", None, "Caisse"),
        ]
        return [each.type for each in chart_of(*entries, **members).accounts]

    expense, equity = AccountType.EXPENSE, AccountType.EQUITY
    rest = [equity, AccountType.ASSET, AccountType.ASSET]
    assert typed() == [expense, expense, expense, AccountType.LIABILITY, *rest]
    assert typed(types={"1": "PAYABLE", "10": "EQUITY"}) == [expense, expense, expense, equity, *rest]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("[]", "not a chart of accounts: a member has the wrong type"),
        ("{", "not a chart of accounts: it is not JSON in UTF-8"),
        ('{"chart": "x"}', "'accounts'"),
        ('{"chart": "x", "accounts": [{"type": "ASSET"}]}', "'name'"),
        ('{"chart": "x", "accounts": [{"name": "A", "type": "ASSET", "role": "nonsense"}]}', "nonsense"),
        ('{"chart": "x", "accounts": [{"name": "Mystery", "type": "RIDDLE"}]}', "'Mystery'.*'RIDDLE' is not known"),
        ('{"chart": "x", "accounts": [{"name": "A", "type": "ASSET", "parent": "B"}]}', "'A'.*'B'"),
        ('{"chart": "x", "accounts": [{"name": "A", "type": "ASSET", "number": "1/2"}]}', "'1/2 A'.*number"),
        ('{"chart": "x", "accounts": [{"name": "..", "type": "ASSET"}]}', "'..'.*segments"),
    ],
)
def test_a_bad_chart_is_refused_naming_the_account(text: str, trouble: str) -> None:
    with pytest.raises(InvalidField, match=trouble) as caught:
        read_chart(text)
    assert caught.value.pointer == "#/chart"


def test_operators_may_name_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"chart": "mine", "title": "Mine", "accounts": [account("Käse")]}), "utf-8")
    chart = find_chart(str(file))
    assert (chart.name, chart.title, [each.path for each in chart.accounts]) == ("mine", "Mine", ["Käse"])
    with pytest.raises(OSError, match="nothing"):
        find_chart(str(tmp_path / "nothing.json"))
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InvalidField, match="it is not JSON in UTF-8"):
        find_chart(str(file))


def test_the_command_line_opens_a_ledger_with_a_chart(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path)
    unset = {name: None for name in os.environ if name.startswith("LEDGER_")}
    environment = {**unset, "LEDGER_DATABASE_URL": settings.database_url, "COLUMNS": "200"}

    def llmedger(*arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, arguments, stdin, environment)

    assert llmedger("user", "add", "ann", "--password-stdin", stdin="secret words").exit_code == 0
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"chart": "mine", "accounts": [account("Käse"), account("Brot")]}), "utf-8")
    for id_, chart, size in (("one", "personal", 1 + 35), ("two", str(file), 1 + 2)):
        done = llmedger("ledger", "create", id_, "--owner", "ann", "--chart", chart, "--json")
        assert json.loads(done.stdout)["size"] == size
    for chart, trouble in (("nonsense", "the charts are club, personal"), (f"{tmp_path}/no.json", "No such file")):
        done = llmedger("ledger", "create", "three", "--owner", "ann", "--chart", chart)
        assert done.exit_code == 1
        assert trouble in done.stderr
    assert "three" not in llmedger("ledger", "list").stdout

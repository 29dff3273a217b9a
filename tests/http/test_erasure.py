"""Erasing texts over HTTP: what an owner asks for when a person wants to be forgotten."""

from tests.http.service import BOTH, Books, sale

WHY = {"reason": "asked by the person", "basis": "GDPR Art. 17"}
FORCED = {**WHY, "force": True}


@BOTH
async def test_a_transactions_texts_are_erased_and_its_figures_stay(books: Books) -> None:
    posted = await books.post("/transactions", sale(description="Mary Shelley", metadata={"who": "Mary"}))
    path = f"/transactions/{posted['id']}"
    refused = await books.post(f"{path}/erase", WHY, expect=409)
    assert (refused["code"], refused["until"]) == ("retention", "2035-01-01")
    size = await books.size()
    done = await books.post(f"{path}/erase", FORCED, key="forget")
    assert await books.post(f"{path}/erase", FORCED, key="forget") == done
    assert (await books.post(f"{path}/erase", FORCED, expect=409))["code"] == "already_erased"
    assert await books.size() == size + 1 == done["size"]

    shown = await books.get(path)
    assert (shown["description"], shown["metadata"], shown["memo_erased"]) == (None, {}, True)
    assert [each["amount"] for each in shown["postings"]] == ["12.50", "-12.50"]
    found = await books.get("/transactions", text="shelley", min_size=done["size"])
    assert found["transactions"] == []
    assert await books.balance("Assets:Cash") == "12.50"

    events = (await books.get("/events", start=posted["position"], limit=2))["events"]
    assert events[0]["memo"] is None and events[0]["memo_erased_by"] == done["position"]
    assert (events[1]["type"], events[1]["data"]) == ("MemoErased", {"position": posted["position"], **WHY})
    streamed = await books.call("GET", "/events", expect=200, headers={"Accept": "application/x-ndjson"})
    assert "Mary" not in streamed.text
    assert f'"memo":null,"memo_erased_by":{done["position"]}' in streamed.text


@BOTH
async def test_old_names_are_erased_and_label_and_metadata_stay(books: Books) -> None:
    opened = await books.post(
        "/accounts", {"path": "Liabilities:Mary Shelley", "label": "M.", "metadata": {"since": "1816"}}
    )
    path = f"/accounts/{opened['id']}"
    assert (await books.post(f"{path}/erase", FORCED, expect=404))["code"] == "not_found"
    await books.send("PATCH", path, {"path": "Liabilities:P-1"})
    done = await books.post(f"{path}/erase", FORCED, key="forget")
    assert await books.post(f"{path}/erase", FORCED, key="forget") == done
    other = {**FORCED, "reason": "another"}
    assert (await books.post(f"{path}/erase", other, key="forget", expect=422))["code"] == "idempotency_mismatch"
    shown = await books.get(path, min_size=done["size"])
    assert (shown["path"], shown["label"], shown["metadata"]) == ("Liabilities:P-1", "M.", {"since": "1816"})
    await books.get("/accounts/Liabilities:Mary Shelley", expect=404)
    await books.get("/balances", account="Liabilities:Mary Shelley", expect=404)
    await books.post("/accounts", {"path": "Liabilities:Mary Shelley"})


async def test_a_bad_order_to_erase_is_refused(books: Books) -> None:
    posted = await books.post("/transactions", sale(description="Mary"))
    size = await books.size()
    path = f"/transactions/{posted['id']}/erase"
    for body, code in (
        ({}, "invalid"),
        ({"reason": ""}, "invalid"),
        ({"reason": " \u0085\u200b"}, "invalid"),
        ({"reason": "x", "force": "yes"}, "invalid"),
        ({"reason": "x", "more": 1}, "unknown_field"),
    ):
        assert (await books.post(path, body, expect=422))["code"] == code
    unknown = "/transactions/0190a5e2-1234-7abc-8def-0123456789ab/erase"
    await books.post(unknown, FORCED, expect=404)
    plain = await books.post("/transactions", sale())
    await books.post(f"/transactions/{plain['id']}/erase", FORCED, expect=404)
    assert await books.size() == size + 1

"""The log over HTTP: checkpoints, tiles, entry bundles and proofs, checked by what knows RFC 9162 and nothing else."""

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger import merkle
from ledger.merkle import compute_root, hash_leaf, verify_consistency, verify_inclusion
from ledger.notes import LogCheckpoint, Note, SignedReceipt, VerifierKey
from ledger.tiles import Bundle, Tile, decode_bundle, list_bundles, list_tiles
from tests.http.service import (
    ORIGIN,
    Books,
    Server,
    client,
    command,
    open_books,
    sale,
    serve,
    sqlite_settings,
    with_user,
)

POSTED = 300


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest) -> Server:
    """A server that has a key, on each kind of database."""
    found: Server = request.getfixturevalue("postgres_server_" if request.param == "postgresql" else "sqlite_server")
    return found


@pytest.fixture
async def books(api: httpx.AsyncClient) -> Books:
    """A ledger with some hundred transactions; the same one for all tests of this module on one server."""
    if (await api.get("/ledgers/log")).status_code == 404:
        books = await open_books(api, "log")
        await books.bulk(*[command(sale(f"{n}.00")) for n in range(1, POSTED + 1)])
    return Books(api, "log", (await api.get("/ledgers/log")).json()["uuid"])


async def leaves(books: Books) -> list[bytes]:
    """The leaf hashes of the whole log, as the events show them."""
    events = await books.call("GET", "/events", expect=200, headers={"Accept": "application/x-ndjson"})
    return [bytes.fromhex(json.loads(line)["leaf_hash"]) for line in events.text.splitlines()]


async def vkey(books: Books) -> VerifierKey:
    """The key that the server publishes."""
    return VerifierKey.parse((await books.call("GET", "/log/vkey", expect=200)).text)


async def ready(server: Server) -> httpx.Response:
    """Whether the server is ready: not a problem document when it is not."""
    async with httpx.AsyncClient() as api:
        return await api.get(f"{server.url}/api/ready")


async def file(books: Books, path: str, **headers: str) -> httpx.Response:
    """A file of the tiled log."""
    return await books.call("GET", f"/log/{path}", expect=200, headers=headers)


# --- checkpoints


async def test_a_checkpoint_of_the_size_asked_for_is_signed_at_once(books: Books) -> None:
    await books.post("/transactions", sale())
    size = await books.size()
    answer = await books.call("GET", "/log/checkpoint", expect=200, params={"min_size": size})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Ledger-Size"] == str(size)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    note = Note.parse(answer.content)
    assert note.find_signers([await vkey(books)])
    found = LogCheckpoint.parse(note.text)
    assert (await vkey(books)).name == note.signatures[0].name == found.origin, "as tlog-checkpoint asks"
    assert found == LogCheckpoint(f"{ORIGIN}/{books.uuid}", size, compute_root((await leaves(books))[:size]))
    assert (await books.get(""))["root"] == found.root.hex()
    again = await books.call("GET", "/log/checkpoint", expect=200, params={"size": size})
    assert again.text == answer.text
    tag = {"If-None-Match": answer.headers["ETag"]}
    await books.call("GET", "/log/checkpoint", expect=304, headers=tag, params={"min_size": size})
    assert int((await books.call("GET", "/log/checkpoint", expect=200)).headers["Ledger-Size"]) >= size


async def test_a_checkpoint_is_signed_without_being_asked(books: Books) -> None:
    size = (await books.post("/transactions", sale()))["size"]
    params: dict[str, Any] = {"size": size}
    answer = await books.api.get("/ledgers/log/log/checkpoint", params=params)
    while answer.status_code == 404:  # the test's own time-out is the limit
        answer = await books.api.get("/ledgers/log/log/checkpoint", params=params)
    assert LogCheckpoint.parse(Note.parse(answer.content).text).size == size


async def test_sizes_that_were_not_reached_or_not_signed_are_told_apart(books: Books) -> None:
    size = await books.size()
    for name in ("size", "min_size"):
        answer = await books.call("GET", "/log/checkpoint", expect=422, params={name: size + 1_000})
        refused = answer.json()
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("size_ahead", f"?{name}")
    # The ledger never had three records: its chart of accounts came in one piece.
    assert (await books.get("/log/checkpoint", expect=404, size=3))["code"] == "not_found"
    assert (await books.get("/log/checkpoint", expect=422, size=-1))["errors"][0]["pointer"] == "?size"


async def test_an_installation_without_a_key_says_so(tmp_path: Path) -> None:
    with serve(sqlite_settings(tmp_path)) as opened:
        server = with_user(opened)
        async with client(server, token=server.token) as api:
            books = await open_books(api, "unsigned")
            await books.post("/transactions", sale())
            receipt = {"position": 0, "timeout": 0}
            for path, params in (("/log/checkpoint", {}), ("/log/vkey", {}), ("/log/proof/receipt", receipt)):
                refused = (await books.call("GET", path, expect=404, params=params)).json()
                assert refused["code"] == "not_found" and "no signed checkpoint" in refused["detail"]
            assert (await books.get("/log/proof/inclusion", position=0))["size"] == await books.size()


async def test_a_tree_that_does_not_extend_what_was_signed_is_said_loudly(
    api: httpx.AsyncClient, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    books = await open_books(api, "forked")
    size = await books.size()
    signed = await books.call("GET", "/log/checkpoint", expect=200, params={"min_size": size})
    assert server.settings.signing_key is not None
    beside = server.settings.signing_key.with_name("key.d") / books.uuid
    assert beside.read_text() == signed.text
    beside.write_text(signed.text.replace(f"\n{size}\n", f"\n{size + 1_000}\n"))
    await books.post("/transactions", sale())
    refused = await books.get("/log/checkpoint", expect=503, min_size=size + 1)
    assert refused["code"] == "signing_refused" and str(size + 1_000) in refused["reason"]
    answer = await ready(server)
    assert (answer.status_code, answer.json()) == (503, {"status": "signing_refused", "troubles": ["signing_refused"]})
    assert (await books.call("GET", "/log/checkpoint", expect=200)).text == signed.text, "what was signed stays true"
    assert any(record.levelname == "CRITICAL" and books.uuid in record.getMessage() for record in caplog.records)
    beside.write_text(signed.text)
    await books.call("GET", "/log/checkpoint", expect=200, params={"min_size": size + 1})
    answer = await ready(server)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "troubles": []})
    caplog.clear()


# --- tiles


async def test_every_tile_and_every_bundle_is_there(books: Books) -> None:
    size = await books.size()
    log = await leaves(books)
    found = b""
    for tile in list_tiles(size):
        answer = await file(books, tile.path)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert len(answer.content) == tile.width * merkle.HASH_SIZE
        if tile.level == 0:
            found += answer.content
        else:
            assert answer.content == compute_root(log[:256])
    assert found == b"".join(log[:size])
    entries = [
        each for bundle in list_bundles(size) for each in decode_bundle((await file(books, bundle.path)).content)
    ]
    assert [hash_leaf(entry) for entry in entries] == log[:size]
    assert json.loads(entries[5])["position"] == 5


async def test_a_narrower_tile_is_the_beginning_of_the_full_one(books: Books) -> None:
    full = (await file(books, "tile/0/000")).content
    assert (await file(books, "tile/0/000.p/7")).content == full[: 7 * 32]
    whole = decode_bundle((await file(books, "tile/entries/000")).content)
    assert decode_bundle((await file(books, "tile/entries/000.p/7")).content) == whole[:7]


async def test_bundles_are_compressed_for_those_who_say_so(books: Books) -> None:
    plain = await file(books, "tile/entries/000", **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    async with books.api.stream(
        "GET", "/ledgers/log/log/tile/entries/000", headers={"Accept-Encoding": "br, gzip;q=0.5"}
    ) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content)
    refused = await file(books, "tile/entries/000", **{"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in refused.headers


@pytest.mark.parametrize(
    "path",
    [
        Tile(0, 0, 256).path.replace("000", "999"),
        Tile(2, 0, 1).path,
        Tile(1, 0).path,
        Tile(63, 0).path,
        Tile(0, 1234067).path,
        Bundle(1234067).path,
        "tile/0/x000/000",
        "tile/0/0",
        "tile/00/000",
        "tile/0/000.p/256",
        "tile/0",
        "tile/",
        "tile/0/000/",
        "tile/0//000",
        "tile/entries/000.p/0",
        "tile/0/..%2e/000",
        "tile/0%2F000",
        "tile/0/9999999999999999999999999999999999",
    ],
)
async def test_what_is_no_tile_of_this_log_is_not_there(books: Books, path: str) -> None:
    answer = await books.api.get(f"/ledgers/log/log/{path}")
    assert answer.status_code == 404, answer.text
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_path_of_any_length_is_a_tile_or_is_not(books: Books) -> None:
    assert (await books.api.get(f"/ledgers/log/log/tile/{'x001/' * 30}000")).status_code in (404, 422)


# --- proofs


async def test_proofs_of_inclusion_hold(books: Books) -> None:
    log = await leaves(books)
    for size in (1, 2, 3, 255, 256, 257, len(log)):
        for position in {0, size // 2, size - 1}:
            proof = await books.get("/log/proof/inclusion", position=position, size=size)
            assert proof.keys() == {"position", "size", "leaf_hash", "root", "proof"}
            assert (proof["position"], proof["size"]) == (position, size)
            assert proof["leaf_hash"] == log[position].hex()
            assert proof["root"] == compute_root(log[:size]).hex()
            path = [bytes.fromhex(each) for each in proof["proof"]]
            assert verify_inclusion(log[position], position, size, path, compute_root(log[:size]))


async def test_proofs_of_consistency_hold(books: Books) -> None:
    log = await leaves(books)
    for first, second in ((1, 1), (1, 2), (3, 7), (255, 256), (256, 257), (100, len(log)), (len(log), len(log))):
        proof = await books.get("/log/proof/consistency", from_size=first, to_size=second)
        assert proof.keys() == {"from_size", "to_size", "from_root", "to_root", "proof"}
        assert (proof["from_root"], proof["to_root"]) == (
            compute_root(log[:first]).hex(),
            compute_root(log[:second]).hex(),
        )
        path = [bytes.fromhex(each) for each in proof["proof"]]
        assert verify_consistency(first, second, compute_root(log[:first]), compute_root(log[:second]), path)


async def test_without_a_size_a_proof_is_of_the_tree_as_it_is(books: Books) -> None:
    size = (await books.post("/transactions", sale()))["size"]
    answer = await books.call("GET", "/log/proof/inclusion", expect=200, params={"position": size - 1})
    assert answer.json()["size"] == size == int(answer.headers["Ledger-Size"])
    assert (await books.get("/log/proof/consistency", from_size=1))["to_size"] == size
    tag = {"If-None-Match": answer.headers["ETag"]}  # of a tree that has not grown
    await books.call("GET", "/log/proof/inclusion", expect=304, headers=tag, params={"position": size - 1})


async def test_a_receipt_is_checked_with_the_vkey_and_nothing_else(books: Books) -> None:
    posted = await books.post("/transactions", sale("77.00"))
    answer = await books.call("GET", "/log/proof/receipt", expect=200, params={"position": posted["position"]})
    assert answer.headers["Content-Disposition"].endswith(f'-{posted["position"]}.tlog-proof"')
    receipt = SignedReceipt.parse(answer.text)
    assert receipt.checkpoint.find_signers([await vkey(books)])
    signed = LogCheckpoint.parse(receipt.checkpoint.text)
    assert signed.origin == f"{ORIGIN}/{books.uuid}"
    assert receipt.extra is not None
    record = json.loads(receipt.extra)
    assert (record["id"], record["position"]) == (posted["id"], receipt.index)
    assert verify_inclusion(hash_leaf(receipt.extra), receipt.index, signed.size, receipt.proof, signed.root)
    assert not verify_inclusion(hash_leaf(receipt.extra), receipt.index - 1, signed.size, receipt.proof, signed.root)


@pytest.mark.parametrize(
    ("path", "params", "code", "pointer"),
    [
        ("inclusion", {}, "invalid", "?position"),
        ("inclusion", {"position": -1}, "invalid", "?position"),
        ("inclusion", {"position": "x"}, "invalid", "?position"),
        ("inclusion", {"position": 2**63}, "invalid", "?position"),
        ("inclusion", {"position": 10**6}, "invalid", "?position"),
        ("inclusion", {"position": 5, "size": 5}, "invalid", "?position"),
        ("inclusion", {"position": 0, "size": 0}, "invalid", "?position"),
        ("inclusion", {"position": 0, "size": 10**6}, "size_ahead", "?size"),
        ("consistency", {}, "invalid", "?from_size"),
        ("consistency", {"from_size": 0}, "invalid", "?from_size"),
        ("consistency", {"from_size": 7, "to_size": 6}, "invalid", "?from_size"),
        ("consistency", {"from_size": 7, "to_size": 10**6}, "size_ahead", "?to_size"),
        ("consistency", {"from_size": 10**6}, "size_ahead", "?from_size"),
        ("receipt", {}, "invalid", "?position"),
        ("receipt", {"position": 10**6}, "invalid", "?position"),
        ("receipt", {"position": 0, "timeout": 31}, "invalid", "?timeout"),
        ("inclusion", {"position": 0, "min_size": 10**6}, "size_ahead", "?min_size"),
    ],
)
async def test_what_cannot_be_proven_is_refused_by_name(
    books: Books, path: str, params: dict[str, Any], code: str, pointer: str
) -> None:
    refused = await books.get(f"/log/proof/{path}", expect=422, **params)
    assert (refused["code"], refused["errors"][0]["pointer"]) == (code, pointer)

"""An audit of a server that sends whatever it likes ends, in bounded memory and time, with a report.

Seeds are printed; `LLMEDGER_TEST_CHANGES` asks for more changes than a few, and `LLMEDGER_TEST_SEED` repeats them.
"""

import json
import os
import random
import subprocess
import sys
import zlib
from dataclasses import dataclass, replace

import pytest

from api.audit import auditing, bounded_http
from api.audit.report import Name, Report
from tests.audited import audit
from tests.forging import ODD, Changed, Forged
from tests.hostile import CHUNKED, PACKED, STREAM, Ledger, Sends, Server, Writes, answer, endless, serving

CHANGES = int(os.environ.get("LLMEDGER_TEST_CHANGES", "20"))
SEED = int(os.environ.get("LLMEDGER_TEST_SEED", random.randrange(10**6)))
MEBIBYTE = 1024 * 1024
LEDGER = Ledger.sound()
LINES = LEDGER.answers()["/events"].splitlines(keepends=True)
SOUND, LAST = LINES[:-1], LINES[-1]


def audited(**instead: Sends) -> Report:
    """An audit of a server that sends something else at these paths."""
    with serving(Server(LEDGER, {path.replace("_", "/"): sends for path, sends in instead.items()})) as server:
        return audit(server.url)


def test_a_sound_ledger_on_this_server_passes() -> None:
    """What is found below is found because of what is sent."""
    report = audited()
    assert (report.exit_code, list(report.faults)) == (0, []), report.to_text()


# --- no end ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An auditor who gives up after seconds, not minutes."""
    for name, seconds in IMPATIENT.items():
        monkeypatch.setattr(bounded_http, name, seconds)


IMPATIENT = {"ANSWER_SECONDS_MAX": 20.0, "WAIT_SECONDS_MAX": 5.0, "SLOW_SECONDS_MAX": 1.0, "PAUSES_SECONDS_MAX": 2.0}

NOTHING_PACKED = b"\x1f\x8b\x08\x00" + bytes(6)
"""The beginning of a gzip file."""

ENDLESS: dict[str, tuple[str, Sends, str]] = {
    "a body": ("", endless(STREAM, b"x" * 65_536), "an answer is longer than"),
    "a page of balances": ("/balances", endless(STREAM, b"[[]," * 16_384), "an answer is longer than"),
    "a tile": ("/log/tile", endless(STREAM, bytes(65_536)), "an answer is longer than"),
    "a checkpoint": ("/log/checkpoint", endless(STREAM, b"x\n" * 32_768), "an answer is longer than"),
    "a refusal": ("/currencies", endless(STREAM.replace(b"200 OK", b"500 No"), b"x" * 65_536), "answers 500"),
    "a header field": ("", endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65_536), "got more than 65536 bytes"),
    "header fields": ("", endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 9_000), "got more than 100 headers"),
    "a status line": ("", endless(b"HTTP/1.1 ", b"2" * 65_536), "got more than 65536 bytes"),
    "promises": ("", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000), "nothing in them was complete"),
    "trailers": ("/events", endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 9_000), "nothing in them was complete"),
    "the length of a chunk": ("/events", endless(CHUNKED + b"5;", b"x" * 65_536), "got more than 65536 bytes"),
    "a line": ("/events", endless(STREAM, b"x" * 65_536), "a line is longer than"),
    "lines that are no records": ("/events", endless(STREAM, b"{}\n" * 20_000), "is not the canonical form"),
    "a packed name": (
        "/events",
        endless(PACKED + NOTHING_PACKED.replace(b"\x08\x00", b"\x08\x08", 1), b"x" * 65_536),
        "nothing in them was complete",
    ),
    "packed nothing": (
        "/events",
        endless(PACKED + NOTHING_PACKED, b"\x00\x00\x00\xff\xff" * 13_000),
        "nothing in them was complete",
    ),
    "packed files of nothing": ("/events", endless(PACKED, zlib.compress(b"", wbits=31) * 3_000), "nothing in them"),
    "what is not packed": ("/events", endless(PACKED + NOTHING_PACKED, b"\xff" * 65_536), "is no answer"),
    "bytes one by one": ("", endless(STREAM, b"x", pause_seconds=0.05), "less than 1024 bytes a second"),
    "lines byte by byte": ("/events", endless(STREAM, b"x", pause_seconds=0.05), "less than 1024 bytes a second"),
    "heads byte by byte": ("", endless(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause_seconds=0.05), "less than 1024 bytes"),
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.usefixtures("impatient")
def test_what_has_no_end_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, sends, says = ENDLESS[name]
    if name == "a packed name":  # Python reads it byte by byte
        monkeypatch.setattr(bounded_http, "BETWEEN_LINES_BYTES_MAX", MEBIBYTE)
    report = audited(**{path: sends})
    assert report.exit_code in (3, 4), report.to_text()
    assert any(says in fault.what for fault in report.faults), report.to_text()


@pytest.mark.usefixtures("impatient")
def test_a_check_that_is_given_up_leaves_the_others_alone() -> None:
    report = audited(_balances=endless(STREAM, b"[[]," * 16_384))
    assert report[Name.PROJECTION].status == "failed"
    sound = (Name.BODIES, Name.LOG, Name.ROOT, Name.TILES, Name.RULES, Name.BALANCE)
    assert {name: report[name].status for name in sound} == dict.fromkeys(sound, "ok")
    assert report.balances == [("EUR", "36.00", "36.00")]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_always_busy_is_not_waited_for_for_ever() -> None:
    busy = answer(b'{"detail": "busy"}', status="503 Busy", headers=b"Retry-After: 99999999\r\n")
    for path in ("/currencies", "/log/tile", "/events"):
        assert audited(**{path: busy}).exit_code == 4, path


def test_more_lines_than_the_log_has_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "UNREAD_MAX", 50)
    head = json.loads(LEDGER.answers()[""]) | {"size": 10**15}
    odd = LAST.replace(b'"type"', b'"kind"')
    report = audited(**{"": answer(json.dumps(head).encode()), "/events": endless(STREAM, odd * 100)})
    assert report.exit_code in (3, 4)
    assert "more than 50 records cannot be read: it is read no further" in report[Name.LOG].unchecked


def test_a_redirect_is_not_followed_and_the_token_stays() -> None:
    with serving(Server(LEDGER)) as elsewhere:
        moved = answer(b"", status="302 Found", headers=b"Location: %b\r\n" % elsewhere.url.encode())
        for path in ("/events", "/balances", "/log/tile", "/currencies"):
            with serving(Server(LEDGER, {path: moved})) as server:
                report = audit(server.url, token="secret")
                assert any(b"Bearer secret" in head for head in server.heads)
            assert report.exit_code == 4, path
    assert elsewhere.heads == []


# --- memory ----------------------------------------------------------------------------------------------------------

MEASURED = """
import sys
from api.cli import app
try:
    app(sys.argv[1:])
finally:
    sys.stderr.write(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class Measured:
    """How an audit ended in a process of its own, and the most memory that it ever had, in MiB."""

    exit_code: int
    mebibytes: int
    verdict: str


def measured(url: str, *options: str) -> Measured:
    """An audit in a process of its own."""
    command = [sys.executable, "-c", MEASURED, "verify", url, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    kibibytes = int(done.stderr.rpartition("VmHWM:")[2].split()[0])
    return Measured(done.returncode, kibibytes // 1024, done.stdout.splitlines()[0])


def packed(*pieces: bytes) -> Sends:
    """Lines, as small as they can be sent."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join([packing.compress(piece) for piece in pieces]) + packing.flush()

    def send(write: Writes) -> None:
        write(PACKED + body)

    return send


def with_metadata(value: bytes) -> bytes:
    """The last line with this in its memo."""
    assert b'"metadata":{' in LAST
    return LAST.replace(b'"metadata":{', b'"metadata":{"x":' + value + b",", 1)


def long_series(length: int, many: int) -> bytes:
    """The lines of so many more transactions, each in a series of its own with a name as long as this."""
    last, parts = LEDGER.log.parts[-1], list(LEDGER.log.parts)
    for position in range(len(parts), len(parts) + many):
        id_ = f"0190b3b4-0000-7000-8000-{position:012x}"
        record = last.record | {"position": position, "id": id_, "command": id_, "key": None}
        data = last.data | {"series": str(position).ljust(length, "x"), "number": 1}
        parts.append(replace(last, record=record, data=data))
    return LEDGER.answers(Forged(parts))["/events"]


BOMBS: dict[str, tuple[str, Sends]] = {
    "a line without an end": ("/events", packed(*SOUND, bytes(200 * MEBIBYTE))),
    "a line of more values than may be": (
        "/events",
        packed(*SOUND, with_metadata(b"[" + b"[]," * 6 * MEBIBYTE + b"1]")),
    ),
    "a line of as many values as may be": (
        "/events",
        packed(*SOUND, with_metadata(b"[" + b'{"":1},' * 490_000 + b"1]")),
    ),
    "a line of nested lists": (
        "/events",
        packed(*SOUND, with_metadata(b"[" + (b"[" * 50 + b"]" * 50 + b",") * 9_000 + b"1]")),
    ),
    "a line of wide letters": (
        "/events",
        packed(*SOUND, with_metadata('"😀'.encode() + b"x" * (19 * MEBIBYTE) + b'"')),
    ),
    "lines as long as may be": ("/events", packed(*SOUND, *[with_metadata(b'"' + b"x" * (19 * MEBIBYTE) + b'"')] * 30)),
    "a page of values": ("/balances", answer(b'{"as_of":{"size":15},"balances":[' + b"[]," * MEBIBYTE + b"[]]}")),
    "a page of many balances": ("/balances", endless(STREAM, b'{"as_of":{"size":15},"balances":[' + b"[]," * 16_384)),
}
MORE_MEBIBYTES_MAX = 512
"""What a server can make an audit take, beside what it takes anyhow (docs/audit.md)."""


@pytest.fixture(scope="module")
def usual() -> Measured:
    """The audit of the sound ledger."""
    with serving(Server(LEDGER)) as server:
        return measured(server.url)


@pytest.mark.parametrize("name", BOMBS)
def test_memory_stays_bounded_whatever_a_server_sends(name: str, usual: Measured) -> None:
    path, sends = BOMBS[name]
    with serving(Server(LEDGER, {path: sends})) as server:
        found = measured(server.url)
    assert usual.exit_code == 0
    assert found.exit_code in (3, 4)
    assert found.mebibytes < usual.mebibytes + MORE_MEBIBYTES_MAX, found


def test_books_that_take_more_memory_than_is_given_are_read_no_further(usual: Measured) -> None:
    most = 64
    with serving(Server(LEDGER, {"/events": packed(long_series(4 * MEBIBYTE, 60))})) as server:
        server.bodies[""] = json.dumps(json.loads(server.bodies[""]) | {"size": len(LINES) + 60}).encode()
        found = measured(server.url, "--max-memory", str(most))
    assert found.exit_code == 4
    assert f"take more than {most} MiB of memory" in found.verdict
    assert found.mebibytes < usual.mebibytes + most + 128, found


# --- any member of any answer ----------------------------------------------------------------------------------------


def test_a_change_of_any_member_of_any_answer_is_reported() -> None:
    chance = random.Random(SEED)
    sound = LEDGER.answers()
    documents = {path: json.loads(body) for path, body in sound.items() if body[:1] == b"{" and path != "/events"}
    with serving(Server(LEDGER)) as server:
        for _ in range(3 * CHANGES):
            path = chance.choice(list(documents))
            changed = Changed.somewhere(documents[path], chance)
            server.bodies = sound | {path: json.dumps(changed.document).encode()}
            assert_reported(audit(server.url), f"seed {SEED}: {path}{changed.path} = {changed.after!r:.100}")


def test_a_change_of_any_member_of_any_record_with_every_hash_right_is_reported() -> None:
    chance = random.Random(SEED)
    with serving(Server(LEDGER)) as server:
        for _ in range(2 * CHANGES):
            forged = LEDGER.log.changed_somewhere(chance)
            server.bodies = LEDGER.answers(forged)
            report = audit(server.url)
            what = f"seed {SEED}: {forged.what} = {forged.after!r:.100}"
            assert_reported(report, what)
            assert report.exit_code != 0 or not forged.is_of_another_type, what


def test_any_json_in_place_of_any_answer_is_reported() -> None:
    sound = LEDGER.answers()
    with serving(Server(LEDGER)) as server:
        for path in sound:
            for odd in (*ODD, {"uuid": "x"}):
                if path == "" and odd != {"uuid": "x"}:
                    continue  # what answers is no ledger: wrong usage
                server.bodies = sound | {path: json.dumps(odd).encode()}
                assert_reported(audit(server.url), f"{path}: {odd!r:.100}")


def assert_reported(report: Report, what: str) -> None:
    """The report is whole and can be shown anywhere; the exit code is one of an audit that was made."""
    assert report.exit_code in (0, 1, 3, 4), what
    text = report.to_text().splitlines()
    assert text[0] == text[-1] == report.verdict, what
    assert all(line.isprintable() for line in text), what

"""Signed notes as C2SP signed-note and its kin define them, against the examples printed there and what Go prints."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import hash_leaf
from ledger.notes import (
    SIGNATURES_MAX,
    KeyType,
    LogCheckpoint,
    Note,
    NoteInvalid,
    Signature,
    SignedReceipt,
    SigningKey,
    VerifierKey,
    cosign,
    make_origin,
    read_key,
    require_key_name,
    sign_note,
    write_key,
)

# The key and the note in the documentation of Go's golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
ORIGIN = "example.com/books/0190d3e0-0000-7000-8000-000000000001"


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate("example.com/books")


@pytest.fixture
def witness() -> SigningKey:
    return SigningKey.generate("witness.example/1", KeyType.COSIGNATURE)


def checkpoint(size: int = 7) -> LogCheckpoint:
    return LogCheckpoint(ORIGIN, size, hash_leaf(b"%d" % size))


# --- what others printed


def test_a_note_that_go_signed_holds() -> None:
    note = Note.parse(NEUMANN)
    assert note.find_signers([VerifierKey.parse(PETER)]) == [VerifierKey.parse(PETER)]
    assert str(note) == NEUMANN
    assert str(VerifierKey.parse(PETER)) == PETER


def test_we_sign_as_go_does() -> None:
    note = Note.parse(NEUMANN)
    peter = SigningKey.parse(PETER_SECRET)
    assert str(sign_note(note.text, peter)) == NEUMANN
    assert (peter.secret, str(peter.verifier)) == (PETER_SECRET, PETER)


def test_the_checkpoint_printed_in_the_specification_is_read() -> None:
    printed = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+"
        "zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0"
        "xUe+mbIUBkBIfZ+qnA==\n"
    )
    note = Note.parse(printed)
    found = LogCheckpoint.parse(note.text)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert found.text == note.text
    assert [signature.name for signature in note.signatures] == [found.origin, "witness.example.com/w1"]
    assert int.from_bytes(note.signatures[1].value[:8]) == 1679315147, "seconds since 1970"
    assert str(note) == printed


# --- notes


@given(text=st.text(st.characters(min_codepoint=0x20, codec="utf-8"), min_size=1))
def test_any_text_signed_is_read_and_holds(text: str) -> None:
    key = SigningKey.generate("example.com/books")
    for whole in (text + "\n", f"{text}\n\n{text}\n", f"\n{text}\n\n"):
        note = sign_note(whole, key)
        assert Note.parse(str(note)) == Note.parse(str(note).encode()) == note
        assert note.find_signers([key.verifier]) == [key.verifier]


def test_signing_is_deterministic(key: SigningKey) -> None:
    assert str(sign_note(checkpoint().text, key)) == str(sign_note(checkpoint().text, SigningKey.parse(key.secret)))


@given(data=st.data())
def test_a_note_that_was_touched_is_refused(data: st.DataObject) -> None:
    key = SigningKey.generate("example.com/books")
    raw = str(sign_note(checkpoint().text, key)).encode()
    at = data.draw(st.integers(0, len(raw) - 1))
    touched = raw[:at] + bytes([raw[at] ^ 1 << data.draw(st.integers(0, 7))]) + raw[at + 1 :]
    with pytest.raises(NoteInvalid):
        Note.parse(touched).find_signers([key.verifier])


def test_lines_of_others_are_kept_and_mean_nothing(key: SigningKey, witness: SigningKey) -> None:
    stranger = SigningKey.generate("example.com/books")  # the same name, another key
    note = sign_note(checkpoint().text, stranger, key)
    note = cosign(note, witness, time=1_700_000_000)
    note = note.add_signatures([Signature("post-quantum.example", b"\1\2\3\4", bytes(2_420))])
    again = Note.parse(str(note))
    assert again == note
    assert again.find_signers([key.verifier]) == [key.verifier]
    with pytest.raises(NoteInvalid, match="no known key"):
        again.find_signers([SigningKey.generate("example.com/other").verifier])


def test_a_known_key_that_did_not_sign_this_spoils_the_note(key: SigningKey) -> None:
    other = SigningKey.generate("example.com/other")
    note = sign_note(checkpoint(7).text, key).add_signatures([other.sign(checkpoint(8).text)])
    assert note.find_signers([key.verifier]) == [key.verifier]
    with pytest.raises(NoteInvalid, match=r"example\.com/other does not hold"):
        note.find_signers([key.verifier, other.verifier])


SIGNED = str(sign_note("text\n", SigningKey.parse(PETER_SECRET)))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        SIGNED[:-1].encode(),
        SIGNED.replace("— ", "- ").encode(),
        SIGNED.replace("\n\n", "\n").encode(),
        SIGNED.replace("\n", "\r\n").encode(),
        SIGNED.replace("text", "te\txt").encode(),
        SIGNED.replace("PeterNeumann", "Peter+Neumann").encode(),
        SIGNED.replace("PeterNeumann ", " ").encode(),
        SIGNED.replace("=\n", "\n").encode(),
        SIGNED.replace("=\n", "==\n").encode(),
        (SIGNED + "— PeterNeumann AAAA\n").encode(),
        (SIGNED + "— PeterNeumann AAAAAA==\n").encode(),
        SIGNED.encode() + b"\xff\n",
        SIGNED.encode() + SIGNED.rpartition("\n\n")[2].encode() * SIGNATURES_MAX,
        b"x" * 1_000_001,
    ],
)
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises(NoteInvalid):
        Note.parse(raw)


def test_base64_has_one_spelling() -> None:
    peter = SigningKey.parse(PETER_SECRET)
    encoded = SIGNED.rpartition(" ")[2].strip()
    assert encoded.endswith("=")
    sloppy = encoded[:-2] + chr(ord(encoded[-2]) + 1) + "="  # the bits that padding leaves over
    with pytest.raises(NoteInvalid, match="canonical"):
        Note.parse(SIGNED.replace(encoded, sloppy)).find_signers([peter.verifier])


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "return\r\n", "nul\0\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(key: SigningKey, text: str) -> None:
    with pytest.raises(NoteInvalid):
        sign_note(text, key)


# --- keys


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "a\x00", "/a", "a/", "a\u200b", "x" * 201])
def test_a_name_that_no_key_shall_have_is_refused(name: str) -> None:
    with pytest.raises(NoteInvalid):
        require_key_name(name)
    with pytest.raises(NoteInvalid):
        SigningKey.generate(name)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("Peter", "Paul"),
        PETER[:-4],
        PETER.replace("+ARpc", "+ARpd"),
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a3+AhpcAA==",
    ],
)
def test_a_verifier_key_that_does_not_fit_together_is_refused(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize(
    "skey", ["", PETER, PETER_SECRET[:-4], PETER_SECRET.replace("c74f", "c74e"), PETER_SECRET.replace("+AY", "+CY")]
)
def test_a_signing_key_that_does_not_fit_together_is_refused_and_not_quoted(skey: str) -> None:
    with pytest.raises(NoteInvalid) as refused:
        SigningKey.parse(skey)
    assert PETER_SECRET[-20:] not in str(refused.value)


def test_a_key_does_not_show_its_secret() -> None:
    key = SigningKey.parse(PETER_SECRET)
    assert PETER_SECRET[-20:] not in f"{key!r} {key} {[key]}"


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path, key: SigningKey) -> None:
    file = tmp_path / "key"
    write_key(file, key)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_key(file) == key
    with pytest.raises(FileExistsError):
        write_key(file, SigningKey.generate("example.com/other"))
    assert read_key(file) == key
    os.chmod(file, 0o640)
    with pytest.raises(NoteInvalid, match="chmod 600"):
        read_key(file)
    os.chmod(file, 0o600)
    file.write_text("nonsense")
    with pytest.raises(NoteInvalid, match="signing key"):
        read_key(file)


# --- cosignatures


def test_a_second_signer_adds_a_line_with_a_time(key: SigningKey, witness: SigningKey) -> None:
    signed = sign_note(checkpoint().text, key)
    cosigned = Note.parse(str(cosign(signed, witness, time=1_700_000_000)))
    assert str(cosigned).startswith(str(signed))
    assert cosigned.find_signers([key.verifier, witness.verifier]) == [key.verifier, witness.verifier]
    assert int.from_bytes(cosigned.signatures[1].value[:8]) == 1_700_000_000
    assert str(witness.verifier).split("+", 2)[2].startswith("B"), "type 4"
    assert VerifierKey.parse(str(witness.verifier)) == witness.verifier
    assert cosigned.add_signatures(cosigned.signatures) == cosigned


@given(at=st.integers(4, 75), bit=st.integers(0, 7))
def test_a_cosignature_holds_for_its_text_and_its_time_alone(at: int, bit: int) -> None:
    witness = SigningKey.generate("witness.example/1", KeyType.COSIGNATURE)
    line = witness.sign(checkpoint(7).text, time=1_700_000_000)
    assert witness.verifier.verifies(checkpoint(7).text, line)
    assert not witness.verifier.verifies(checkpoint(8).text, line)
    value = bytearray(line.value)
    value[at - 4] ^= 1 << bit
    assert not witness.verifier.verifies(checkpoint(7).text, Signature(line.name, line.key_id, bytes(value)))
    assert not witness.verifier.verifies(checkpoint(7).text, Signature(line.name, line.key_id, line.value[:-1]))


def test_a_key_does_not_sign_as_another_type(key: SigningKey, witness: SigningKey) -> None:
    with pytest.raises(ValueError, match="time"):
        key.sign("text\n", time=1)
    with pytest.raises(ValueError, match="time"):
        witness.sign("text\n")
    same = VerifierKey(witness.verifier.name, witness.verifier.public)
    assert same.id != witness.verifier.id


# --- checkpoints and receipts


def test_a_checkpoints_text_depends_on_origin_size_and_root_alone() -> None:
    origin = make_origin("example.com/books", "0190d3e0-0000-7000-8000-000000000001")
    found = LogCheckpoint(origin, 0, bytes(32))
    assert found.text == f"{ORIGIN}\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    assert LogCheckpoint.parse(found.text) == found


def test_extension_lines_of_others_are_kept() -> None:
    text = checkpoint().text + "more\nand more\n"
    assert LogCheckpoint.parse(text).extensions == ("more", "and more")
    assert LogCheckpoint.parse(text).text == text


@pytest.mark.parametrize(
    "change",
    [
        ("\n7\n", "\n07\n"),
        ("\n7\n", "\n-7\n"),
        ("\n7\n", "\n٧\n"),
        ("\n7\n", "\n7.0\n"),
        ("\n7\n", "\n\n"),
        ("\n7\n", "\n" + "9" * 20 + "\n"),
        ("=\n", "\n"),
        ("=\n", "=\n\n"),
        (ORIGIN, ""),
    ],
)
def test_what_is_no_checkpoint_is_refused(change: tuple[str, str]) -> None:
    text = checkpoint(7).text
    assert change[0] in text
    with pytest.raises(NoteInvalid):
        LogCheckpoint.parse(text.replace(*change))


@pytest.mark.parametrize("options", [{}, {"extra": b"a record"}, {"extra": b""}, {"proof": ()}])
def test_a_receipt_is_read_as_it_was_written(key: SigningKey, options: dict[str, Any]) -> None:
    proof = {"proof": (hash_leaf(b"1"), hash_leaf(b"2"))} | options
    receipt = SignedReceipt(index=3, checkpoint=sign_note(checkpoint().text, key), **proof)
    assert SignedReceipt.parse(str(receipt)) == receipt
    assert str(receipt).startswith("c2sp.org/tlog-proof@v1\n")
    assert str(receipt).endswith(f"\n\n{receipt.checkpoint}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 3", "index 03"),
        ("index 3\n", ""),
        ("index 3", "index -1"),
        ("extra YQ==", "extra YQ"),
        ("\n\nexample", "\nexample"),
    ],
)
def test_what_is_no_receipt_is_refused(key: SigningKey, old: str, new: str) -> None:
    text = str(SignedReceipt(3, (hash_leaf(b"1"),), sign_note(checkpoint().text, key), b"a"))
    assert old in text
    with pytest.raises(NoteInvalid):
        SignedReceipt.parse(text.replace(old, new, 1))

"""Signed notes and checkpoints: C2SP signed-note, tlog-checkpoint, tlog-cosignature (Ed25519) and tlog-proof.

A note is a text and signature lines below it. Whoever reads one trusts nothing but keys that he had before: lines of
other keys are kept and mean nothing to him. A checkpoint is a note whose text is a log's origin, size and root; that
text depends on these three alone, so that the same log under the same origin has the same checkpoint text anywhere.

Base64 here is the standard one with padding, and only its canonical spelling is read.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.merkle import HASH_SIZE

NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 100
KEY_NAME_LENGTH_MAX = 200
KEY_ID_BYTES = 4
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
TIMESTAMP_BYTES = 8
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
PROOF_HASHES_MAX = 63

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class NoteInvalid(ValueError):
    """A note, a key or a proof that cannot be read, or whose signatures do not hold; the text says what is wrong."""


class KeyType(IntEnum):
    """What a key signs, as the byte that signed-note gives it."""

    NOTE = 1
    """Ed25519 over the note's text."""
    COSIGNATURE = 4
    """cosignature/v1: Ed25519 over the text and the time at which somebody found it consistent."""


# --- keys ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key by the name that its owner gave it; `str()` is its vkey: `NAME+KEYID+BASE64(TYPE || KEY)`."""

    name: str
    public: bytes
    type: KeyType = KeyType.NOTE

    def __post_init__(self) -> None:
        _require_name(self.name)
        if len(self.public) != PUBLIC_BYTES:
            raise NoteInvalid(f"an Ed25519 key is {PUBLIC_BYTES} bytes long, not {len(self.public)}")

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(NAME, newline, TYPE, KEY): a hint at the key, and no proof of anything."""
        return sha256(self.name.encode() + b"\n" + self._typed).digest()[:KEY_ID_BYTES]

    @property
    def _typed(self) -> bytes:
        return bytes([self.type]) + self.public

    def rename(self, name: str) -> "VerifierKey":
        """Return the same public key under another name, which gives it another id."""
        return replace(self, name=name)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_encode(self._typed)}"

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Return the key that `str()` wrote. Raises NoteInvalid."""
        parts = vkey.strip().split("+", 2)
        if len(parts) != 3:
            raise NoteInvalid("a verifier key looks like NAME+KEYID+KEY")
        name, id_, encoded = parts
        typed = _decode(encoded, "a verifier key")
        try:
            key = cls(name, typed[1:], KeyType(typed[0]))
        except (ValueError, IndexError) as error:
            raise (
                error if isinstance(error, NoteInvalid) else NoteInvalid("a verifier key of an unknown type")
            ) from None
        if key.id.hex() != id_.lower():
            raise NoteInvalid(f"the id in the verifier key of {name} is not that of its name and key")
        return key

    def verifies(self, text: str, signature: "Signature") -> bool:
        """Return whether this key made that signature of this text; False for another key's."""
        if (signature.name, signature.key_id) != (self.name, self.id):
            return False
        message, raw = text.encode(), signature.value
        if self.type is KeyType.COSIGNATURE:
            if len(raw) != TIMESTAMP_BYTES + SIGNATURE_BYTES:
                return False
            message, raw = (
                _make_cosigned_text(text, int.from_bytes(raw[:TIMESTAMP_BYTES], "big")),
                raw[TIMESTAMP_BYTES:],
            )
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(raw, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. Its text, `PRIVATE+KEY+NAME+KEYID+BASE64(TYPE || SEED)`, is a secret and in no `repr`."""

    verifier: VerifierKey
    _seed: bytes

    @classmethod
    def generate(cls, name: str, type_: KeyType = KeyType.NOTE) -> "SigningKey":
        """Return a new key. Raises NoteInvalid for a name that no key shall have."""
        require_key_name(name)
        return cls._of(name, secrets.token_bytes(PUBLIC_BYTES), type_)

    @classmethod
    def _of(cls, name: str, seed: bytes, type_: KeyType) -> "SigningKey":
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        return cls(VerifierKey(name, public, type_), seed)

    @classmethod
    def parse(cls, skey: str) -> "SigningKey":
        """Return a key as its file has it. Raises NoteInvalid, which never quotes it."""
        parts = skey.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise NoteInvalid("a signing key looks like PRIVATE+KEY+NAME+KEYID+KEY")
        typed = _decode(parts[4], "a signing key")
        if len(typed) != 1 + PUBLIC_BYTES or typed[0] not in tuple(KeyType):
            raise NoteInvalid("a signing key of an unknown type")
        key = cls._of(parts[2], typed[1:], KeyType(typed[0]))
        if key.verifier.id.hex() != parts[3].lower():
            raise NoteInvalid("the id in the signing key is not that of its name and key")
        return key

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier})"

    def rename(self, name: str) -> "SigningKey":
        """Return the same key under another name."""
        return replace(self, verifier=self.verifier.rename(name))

    @property
    def secret(self) -> str:
        """The text of its file."""
        typed = bytes([self.verifier.type]) + self._seed
        return f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.id.hex()}+{_encode(typed)}"

    def sign(self, text: str, *, time: int | None = None) -> "Signature":
        """Return a signature of a note's text; deterministic. `time`: Unix seconds, for cosignatures and for nothing
        else."""
        if (time is None) is (self.verifier.type is KeyType.COSIGNATURE):
            raise ValueError("a cosignature has a time, and no other signature has one")
        private = Ed25519PrivateKey.from_private_bytes(self._seed)
        if time is None:
            value = private.sign(text.encode())
        else:
            value = time.to_bytes(TIMESTAMP_BYTES, "big") + private.sign(_make_cosigned_text(text, time))
        return Signature(self.verifier.name, self.verifier.id, value)


def require_key_name(name: str) -> None:
    """Raise NoteInvalid for what must not name a key of ours, or begin an origin."""
    _require_name(name)
    if len(name) > KEY_NAME_LENGTH_MAX or not name.isprintable() or name != name.strip("/"):
        raise NoteInvalid(
            f"{name!r} cannot name a key: at most {KEY_NAME_LENGTH_MAX} characters, all visible, no '/' at the ends"
        )


def _require_name(name: str) -> None:
    """Raise NoteInvalid unless a key may have this name: what signed-note asks of any key's name."""
    if not name or "+" in name or _CONTROL.search(name) or any(character.isspace() for character in name):
        raise NoteInvalid(f"{name!r} cannot name a key: it is empty, or holds a space or a '+'")


def write_key(file: Path, key: SigningKey) -> None:
    """Write a new key's file, readable by its owner alone. Raises FileExistsError: a key is never overwritten."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(key.secret + "\n")
        opened.flush()
        os.fsync(opened.fileno())


def read_key(file: Path) -> SigningKey:
    """Return the key in a file. Raises NoteInvalid for one that others may read too, or that has none; and OSError."""
    with file.open() as opened:
        mode = os.fstat(opened.fileno()).st_mode
        text = opened.read(NOTE_BYTES_MAX)
    if os.name == "posix" and mode & 0o077:
        raise NoteInvalid(f"{file} can be read by others than its owner: chmod 600 it")
    try:
        return SigningKey.parse(text)
    except NoteInvalid as error:
        raise NoteInvalid(f"{file}: {error}") from None


# --- notes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: who says to have signed, and what. `str()` is the line with its newline."""

    name: str
    key_id: bytes
    value: bytes
    """What the key's type makes of it: 64 bytes of Ed25519, behind 8 bytes of time in a cosignature."""

    def __str__(self) -> str:
        return f"— {self.name} {_encode(self.key_id + self.value)}\n"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Return the signature in a line without its newline. Raises NoteInvalid."""
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if mark != "—":
            raise NoteInvalid("a signature line begins with an em dash and a space")
        _require_name(name)
        raw = _decode(encoded, "a signature")
        if len(raw) <= KEY_ID_BYTES:
            raise NoteInvalid(f"the signature of {name} is too short")
        return cls(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends with a newline, and the signatures below it, whoever's they are. `str()` is the whole note."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    @classmethod
    def parse(cls, raw: str | bytes) -> "Note":
        """Read a note; nothing in it is verified. Raises NoteInvalid."""
        if len(raw) > NOTE_BYTES_MAX:
            raise NoteInvalid(f"the note is longer than {NOTE_BYTES_MAX} bytes")
        try:
            whole = raw.decode() if isinstance(raw, bytes) else raw
        except UnicodeDecodeError:
            raise NoteInvalid("the note is not UTF-8") from None
        if _CONTROL.search(whole):
            raise NoteInvalid("the note holds control characters")
        text, blank, below = whole.rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise NoteInvalid("a note is a text, an empty line and signature lines")
        lines = below[:-1].split("\n")
        if len(lines) > SIGNATURES_MAX:
            raise NoteInvalid(f"the note has more than {SIGNATURES_MAX} signatures")
        return cls(text + "\n", tuple(map(Signature.parse, lines)))

    def find_signers(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Return those of the keys that signed it. Raises NoteInvalid where one of them is said to have and has not,
        and where none has: then the text is worth nothing."""
        known = {(key.name, key.id): key for key in keys}
        found: dict[tuple[str, bytes], VerifierKey] = {}
        for signature in self.signatures:
            by = signature.name, signature.key_id
            if by not in known:
                continue
            if not known[by].verifies(self.text, signature):
                raise NoteInvalid(f"the signature of {signature.name} does not hold")
            found[by] = known[by]
        if not found:
            raise NoteInvalid("no known key has signed this note")
        return list(found.values())

    def add_signatures(self, more: Iterable[Signature]) -> "Note":
        """Return the same text with these signatures too, each once."""
        return replace(self, signatures=tuple(dict.fromkeys((*self.signatures, *more))))


def sign_note(text: str, *keys: SigningKey) -> Note:
    """Return a note with this text. Raises NoteInvalid for a text that cannot stand in one."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteInvalid("a note's text ends with a newline and holds no other control character")
    return Note(text, tuple(key.sign(text) for key in keys))


def cosign(note: Note, key: SigningKey, *, time: int) -> Note:
    """Return the note with a cosignature of `key` at `time`, Unix seconds. Cosign only a checkpoint that extends the
    last one that you saw."""
    return note.add_signatures([key.sign(note.text, time=time)])


# --- checkpoints -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogCheckpoint:
    """A log's size and root, as they are signed."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Lines that others may add; ours have none."""

    @property
    def text(self) -> str:
        """The text to sign: it depends on nothing else."""
        lines = (self.origin, str(self.size), _encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "LogCheckpoint":
        """Return the checkpoint in a note's text. Raises NoteInvalid."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteInvalid("a checkpoint is at least three lines, none of them empty")
        origin, size, encoded, *extensions = lines[:-1]
        root = _decode(encoded, "a checkpoint's root")
        if len(root) != HASH_SIZE:
            raise NoteInvalid(f"a checkpoint's root is {HASH_SIZE} bytes long, not {len(root)}")
        return cls(origin, _number(size, "a checkpoint's size"), root, tuple(extensions))


def sign_checkpoint(checkpoint: LogCheckpoint, key: SigningKey) -> Note:
    """Return a note with this checkpoint, signed by one key under two names: under the log's origin, as tlog-checkpoint
    asks, and under the key's own, which is the same for all logs of an installation."""
    names = dict.fromkeys((checkpoint.origin, key.verifier.name))
    return sign_note(checkpoint.text, *(key.rename(name) for name in names))


def make_origin(installation: str, ledger: str) -> str:
    """Return the origin of a ledger's log: the installation's name and the ledger's uuid."""
    return f"{installation}/{ledger}"


# --- proofs to keep --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A `.tlog-proof`: that a record is in a log, checkable without the log. `extra` is the record itself, which the
    proof does not vouch for until it has been hashed."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes | None = None

    def __str__(self) -> str:
        extra = [] if self.extra is None else [f"extra {_encode(self.extra)}"]
        lines = [PROOF_HEADER, *extra, f"index {self.index}", *map(_encode, self.proof), "", str(self.checkpoint)]
        return "\n".join(lines)

    @classmethod
    def parse(cls, text: str) -> "SignedReceipt":
        """Return the receipt that `str()` wrote; nothing in it is verified. Raises NoteInvalid."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines[0] != PROOF_HEADER:
            raise NoteInvalid(f"a proof begins with {PROOF_HEADER}")
        lines = lines[1:]
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = _decode(lines.pop(0).removeprefix("extra "), "a proof's extra data")
        if not lines or not lines[0].startswith("index "):
            raise NoteInvalid("a proof names the index of its record")
        index = _number(lines[0].removeprefix("index "), "a proof's index")
        if len(lines) - 1 > PROOF_HASHES_MAX:
            raise NoteInvalid(f"a proof has at most {PROOF_HASHES_MAX} hashes")
        return cls(index, _hashes(lines[1:]), Note.parse(checkpoint), extra)


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    hashes = tuple(_decode(line, "a proof's hash") for line in lines)
    if any(len(each) != HASH_SIZE for each in hashes):
        raise NoteInvalid(f"a proof's hashes are {HASH_SIZE} bytes long")
    return hashes


# --- spelling --------------------------------------------------------------------------------------------------------


def _make_cosigned_text(text: str, time: int) -> bytes:
    """Return what a cosignature/v1 signs (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise NoteInvalid(f"{what} is not base64") from None
    if _encode(raw) != text:
        raise NoteInvalid(f"{what} is not written in canonical base64")
    return raw


def _number(text: str, what: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise NoteInvalid(f"{what} is a number without leading zeros")
    return int(text)

"""The file of a backup: gzip around lines of JSON, so that a stranger can read it with `zcat`.

The first line is the header: the format, the tables with their columns and counts of rows, the ledgers with size and
root. Then each table has a line with its name, and a line for each row. The last line has the SHA-256 of all lines
before it: a file without it was cut off. Files are written and read front to back, a line in memory at a time.
"""

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from api.backup.values import ValueKind

FORMAT = "llmedger backup"
VERSION = 1
LINE_BYTES_MAX = 128 * 2**20
"""Of one row. The largest row holds what one request of 16 MiB may say, spelled out and escaped."""
COMPRESSION = 6
"""The best takes twice as long and saves one byte in a hundred."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class BackupRefused(Exception):
    """A backup cannot be made, or cannot be restored. The text says why."""


# --- the header ------------------------------------------------------------------------------------------------------

_STRICT = ConfigDict(strict=True, frozen=True, extra="forbid")
TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Count = Annotated[int, Field(ge=0, lt=2**63)]


class SavedColumn(BaseModel):
    """A column of a table, and what its values are."""

    model_config = _STRICT
    name: TableName
    kind: Annotated[ValueKind, Field(strict=False)]


class SavedTable(BaseModel):
    """A table, its columns in the order in which each row has them, and the number of rows."""

    model_config = _STRICT
    name: TableName
    columns: Annotated[list[SavedColumn], Field(min_length=1)]
    rows: Count


class SavedLedger(BaseModel):
    """A ledger, the size of its log and the root of its tree, in hex."""

    model_config = _STRICT
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,63}$")]
    uuid: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
    size: Count
    root: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Header(BaseModel):
    """The first line of a file."""

    model_config = _STRICT
    format: Literal["llmedger backup"] = "llmedger backup"
    version: Literal[1] = 1
    program: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.+-]{1,40}$")]
    """The version of the program that wrote it."""
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_]{1,40}$")]
    """The last migration of the tables."""
    made_at: Annotated[str, StringConstraints(pattern=r"^[0-9TZ:.-]{10,30}$")]
    ledgers: list[SavedLedger]
    tables: list[SavedTable]

    @property
    def rows(self) -> int:
        """The rows of all tables together."""
        return sum(table.rows for table in self.tables)


def _parse_header(line: Any) -> Header:
    if not isinstance(line, dict) or line.get("format") != FORMAT:
        raise BackupRefused("this is not a backup made by `llmedger backup`")
    if line.get("version") != VERSION:
        raise BackupRefused(
            f"the backup has version {_shown(line.get('version'))} of the format, and this program reads {VERSION}: "
            "use the version of the program that made it, or a newer one"
        )
    try:
        return Header.model_validate(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BackupRefused(f"the header of the backup is wrong at {place}: {first['msg']}") from None


def _shown(value: Any) -> str:
    return repr(value)[:40]


# --- writing ---------------------------------------------------------------------------------------------------------


class BackupWriter:
    """Writes the lines of a backup."""

    def __init__(self, raw: BinaryIO) -> None:
        self._gzip = gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=raw, mtime=0)
        self._sha256 = hashlib.sha256()

    def write_header(self, header: Header) -> None:
        """Write the first line."""
        self._write(header.model_dump(mode="json"))

    def begin_table(self, table: SavedTable) -> None:
        """Write the line before a table's rows."""
        self._write({"table": table.name})

    def write_row(self, row: list[Any]) -> None:
        """Write a row. Raises BackupRefused where it is longer than a reader takes."""
        self._write(row)

    def end(self) -> None:
        """Write the last line. The file below is neither synced nor closed."""
        self._write({"end": True, "sha256": self._sha256.hexdigest()})
        self._gzip.close()

    def _write(self, content: Any) -> None:
        line = f"{_encode(content)}\n".encode()
        if len(line) > LINE_BYTES_MAX:
            raise BackupRefused(f"a row has more than {LINE_BYTES_MAX} bytes")
        self._sha256.update(line)
        self._gzip.write(line)


@contextmanager
def open_new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, which appears under its name when it is complete and on disk, and never before. Only its
    owner may read it. Raises BackupRefused where there is a file already, and OSError."""
    if path.exists() or path.is_symlink():
        raise BackupRefused(f"{path} already exists, and a backup never replaces a file")
    if not path.parent.is_dir():
        raise BackupRefused(f"there is no folder {path.parent}")
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        part.rename(path)
        _sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """Sync the folder, so that the file is found under its name after a power failure."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- reading ---------------------------------------------------------------------------------------------------------


class BackupReader:
    """Reads a backup front to back: `header`, then the rows of each table in order, then `end`. Everything raises
    BackupRefused where the file is not what it should be."""

    def __init__(self, raw: BinaryIO) -> None:
        self._gzip = gzip.GzipFile(fileobj=raw, mode="rb")
        self._sha256 = hashlib.sha256()
        self._number = 0
        """Of the line that was read last."""
        self.bytes_read = 0
        """Bytes of all lines so far."""
        self.header = _parse_header(self._read())

    def read_rows(self, table: SavedTable) -> Iterator[Any]:
        """Yield the rows of the next table, each as JSON has it."""
        if self._read() != {"table": table.name}:
            raise self.make_refusal(f"the rows of the table {table.name} should begin here")
        for count in range(table.rows):
            row = self._read()
            if not isinstance(row, list):
                raise self.make_refusal(f"the table {table.name} has {count} rows, and the header says {table.rows}")
            yield row

    def end(self) -> None:
        """Read the last line, and see that it is that of the lines before."""
        found = self._sha256.hexdigest()
        last = self._read()
        if isinstance(last, list):
            raise self.make_refusal("there are more rows than the header says")
        if last != {"end": True, "sha256": found}:
            raise self.make_refusal("the checksum is not that of the lines before: the file was changed")
        if self._line():
            raise self.make_refusal("something follows the last line")

    def _read(self) -> Any:
        line = self._line()
        if not line.endswith(b"\n"):
            if len(line) > LINE_BYTES_MAX:
                raise self.make_refusal(f"it has more than {LINE_BYTES_MAX} bytes")
            raise self.make_refusal("the backup ends in the middle: it was cut off")
        self._sha256.update(line)
        self.bytes_read += len(line)
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise self.make_refusal("it is not JSON") from None

    def _line(self) -> bytes:
        self._number += 1
        try:
            return self._gzip.readline(LINE_BYTES_MAX + 1)
        except EOFError:
            raise self.make_refusal("the backup ends in the middle: it was cut off") from None
        except gzip.BadGzipFile as error:
            if self._number == 1 and "Not a gzipped file" in str(error):
                raise BackupRefused("this is not a backup made by `llmedger backup`") from None
            raise self.make_refusal(f"the file is damaged: {error}") from None
        except zlib.error as error:
            raise self.make_refusal(f"the file is damaged: {error}") from None

    def make_refusal(self, what: str) -> BackupRefused:
        """Return the error that says what is wrong with the line that was read last."""
        return BackupRefused(f"line {self._number} of the backup: {what}")

"""The parts of a read model: a name, tables keyed by (ledger, generation), a pure fold, and the rows that it changes.

The engine (`projector`, `rebuild`) does the rest: it gives each record once, in order. A read model looks rows up with
`fetch` or `fetch_keyed`, any number of keys by one statement. Where a sum only grows, the database adds.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Column, ColumnElement, MetaData, Table, Text, bindparam, column, literal_column
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from ledger.journal import Record
from ledger.store.engine import Serial, make_metadata
from ledger.store.rows import Insert, Row, encode_rows, fetch

if TYPE_CHECKING:
    from projections.checkpoints import Checkpoint

WORD_MAX = 200
"""Longer references and metadata are kept as their hash: PostgreSQL indexes no value over some 2,700 bytes."""
_PIECE = re.compile(r"\S{1,200}")
"""A word; of a word that is longer than any search, a piece."""
metadata: MetaData = make_metadata()
"""All tables of all projections: everything in it can be dropped and rebuilt from the journal."""


class Projection(Protocol):
    """One read model. `fold` does not know today's date and reads no row. `plan_changes` reads no record."""

    @property
    def name(self) -> str:
        """What operators call it."""
        ...

    @property
    def needs(self) -> Sequence[str]:
        """The names of the read models whose rows it reads: the chart, or none. They are written before it."""
        ...

    @property
    def tables(self) -> Sequence[Table]:
        """Its tables, by ledger and generation."""
        ...

    def fold(self, records: Sequence[Record]) -> Any:
        """Return what these consecutive records of one ledger change. It is pure. It raises where a record cannot be
        understood."""
        ...

    async def plan_changes(self, connection: AsyncConnection, checkpoint: "Checkpoint", delta: Any) -> Sequence[Insert]:
        """Return the rows that bring a generation up to date with a fold that begins at its checkpoint.

        It looks up what they depend on, by a fixed number of statements, however large the fold is. The caller inserts
        them together with those of other read models.
        """
        ...

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        """Return a sentence about every invariant of this read model that its rows break; none if all is well."""
        ...


def build_groups(projections: Iterable[Projection]) -> list[list[Projection]]:
    """Return the read models in groups that are built, and started over, together: one that others need is the first
    of its group, and the live rows of a group are of one generation.

    Raises ValueError where one needs what is not there, or what needs another one itself.
    """
    groups: dict[str, list[Projection]] = {}
    listed = sorted(projections, key=lambda each: len(each.needs))
    for each in listed:
        if not each.needs:
            groups[each.name] = [each]
        elif len(each.needs) == 1 and each.needs[0] in groups:
            groups[each.needs[0]].append(each)
        else:
            raise ValueError(f"the read model {each.name} needs {', '.join(each.needs)}, and that cannot be")
    return list(groups.values())


def make_generation_key() -> list[Column[Any]]:
    """Return the first two columns of every primary key of a read model."""
    return [
        Column("ledger", Serial, primary_key=True, autoincrement=False),
        Column("generation", Serial, primary_key=True, autoincrement=False),
    ]


def is_of_generation(table: Any) -> ColumnElement[bool]:
    """Return the condition for the rows of the parameters `ledger` and `generation`."""
    condition: ColumnElement[bool] = (table.c.ledger == bindparam("ledger")) & (
        table.c.generation == bindparam("generation")
    )
    return condition


def find_differing_keys(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> list[Any]:
    """Return the keys, in order, that have different values, or are missing in one of the two."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def to_storable(text: str | None) -> str | None:
    """Return the text without U+0000, which PostgreSQL's texts cannot contain."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if text and "\0" in text else text


def cut_word(text: str) -> str:
    """Return a text short enough for an index: itself, or its hash."""
    short = text if len(text) <= WORD_MAX else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return to_storable(short) or ""


def fold_text(text: str) -> str:
    """Return a text as a search compares it: case and the two ways to write an accented letter make no difference.

    Letters are composed piece by piece: the time that it takes grows with the square of the marks on one letter.
    """
    text = (to_storable(text) or "").casefold()
    return text if text.isascii() else _PIECE.sub(lambda piece: unicodedata.normalize("NFC", piece[0]), text)


# --- keys asked for --------------------------------------------------------------------------------------------------


class _Asked(FunctionElement[Any]):
    """The rows of a JSON list of lists, any number of them in one parameter; the other clauses name the columns."""

    inherit_cache = True
    name = "asked"


def _parts(element: _Asked, compiler: SQLCompiler, options: Any) -> tuple[str, list[tuple[str, str]]]:
    listed, *named = [compiler.process(clause, **options) for clause in element.clauses]
    return listed, [(name, kind) for name, _, kind in (each.partition(" ") for each in named)]


@compiles(_Asked, "postgresql")
def _asked_postgresql(element: _Asked, compiler: SQLCompiler, **options: Any) -> str:
    listed, named = _parts(element, compiler, options)
    each = [f"CAST(value ->> {index} AS {kind}) AS {name}" for index, (name, kind) in enumerate(named)]
    return f"(SELECT {', '.join(each)} FROM json_array_elements(CAST({listed} AS json)))"  # noqa: S608  (compiled SQL)


@compiles(_Asked, "sqlite")
def _asked_sqlite(element: _Asked, compiler: SQLCompiler, **options: Any) -> str:
    listed, named = _parts(element, compiler, options)
    each = [f"json_extract(value, '$[{index}]') AS {name}" for index, (name, _) in enumerate(named)]
    return f"(SELECT {', '.join(each)} FROM json_each({listed}))"  # noqa: S608  (compiled SQL)


_KINDS = {"level": "smallint", "currency": "text", "party": "text", "basis": "text"}
_KINDS |= dict.fromkeys(("account", "tile", "block", "position"), "bigint") | dict.fromkeys(("due", "date"), "date")
_KINDS |= {"session": "text", "id": "text", "uuid": "uuid"}


def make_key_table(*key: ColumnElement[Any]) -> Any:
    """Return the keys of the parameter `asked`, which `fetch_keyed` gives, as a table with the columns of this key.

    Planners cannot know how long it is. So that they go from it to rows by the primary key and never the other way
    round, take one value as a scalar subquery, and several rows by LATERAL on PostgreSQL and an outer join on SQLite.
    """
    named: list[Any] = [literal_column(f"{each.name} {_KINDS[each.name]}") for each in key]
    listed = bindparam("asked", type_=Text())
    return _Asked(listed, *named).table_valued(*[column(each.name, each.type) for each in key], name="asked")


async def fetch_keyed(
    connection: AsyncConnection, statement: Any, at: Mapping[str, Any], keys: Iterable[Sequence[Any]], **more: Any
) -> Sequence[Row]:
    """Return the rows of a statement, or of the one for this database where there are two, about these keys; nothing is
    sent where there are none. See `fetch`."""
    listed = list(keys)
    if not listed:
        return []
    if isinstance(statement, dict):
        statement = statement[connection.dialect.name]
    return await fetch(connection, statement, {**at, **more, "asked": encode_keys(connection, listed)})


def encode_keys(connection: AsyncConnection, keys: Iterable[Sequence[Any]]) -> str:
    """Return keys as the parameter `asked`."""
    return encode_rows(keys, connection.dialect.name)

"""What a role of PostgreSQL may do: what the service's role needs, what is missing, and giving it.

The role that migrates owns the tables and gives the other one its rights, which takes no special right itself. What is
missing is named: which role, which right, on what.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.store import tables
from projections import registry
from projections.projection import metadata as projected

APPENDED = ("SELECT", "INSERT")
CHANGED = ("SELECT", "INSERT", "UPDATE", "DELETE")
APPEND_ONLY = tuple(table.name for table in tables.APPEND_ONLY)
SIGN_IN = ("user", "session", "tokens", "opening_keys")
"""The tables of `api.auth.tables`, which is above this layer; a test compares them."""
DEFAULT_SCHEMA = "public"
OBJECTS_TOLD = 6
ADVICE = "`llmedger migrate` with LEDGER_MIGRATION_DATABASE_URL gives it (docs/postgresql.md)"
VERSIONS = ("alembic_version_journal", "alembic_version_projections")


@dataclass(frozen=True, slots=True)
class Right:
    """A privilege on an object: `SELECT` on `table` `journal`."""

    privilege: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.privilege} on {self.kind} {self.name}"


class RightsMissing(Exception):
    """A role of PostgreSQL may not do what it has to; the message says which, and what gives it the rights."""

    @classmethod
    def of(cls, role: str, rights: Iterable[Right], advice: str) -> "RightsMissing":
        """The rights by object, `SELECT, INSERT on table journal`, as many as fit a sentence."""
        objects = [
            f"{', '.join(right.privilege for right in found)} on {kind} {name}"
            for (kind, name), found in groupby(rights, lambda right: (right.kind, right.name))
        ]
        if len(objects) > OBJECTS_TOLD:
            objects[OBJECTS_TOLD - 1 :] = [f"rights on {len(objects) - OBJECTS_TOLD + 1} more"]
        return cls(f"the role {role} lacks {'; '.join(objects)}: {advice}")


def service_rights(schema: str) -> Iterator[Right]:
    """What the service's role needs, the schema first."""
    registry.make_projections()  # brings the tables of all read models
    yield Right("USAGE", "schema", schema)
    ours = (*tables.metadata.tables, *SIGN_IN, *projected.tables)
    for name in VERSIONS:
        yield Right("SELECT", "table", name)
    for name in sorted(ours):
        for privilege in APPENDED if name in APPEND_ONLY else CHANGED:
            yield Right(privilege, "table", name)
    yield Right("USAGE", "sequence", "ledgers_serial_seq")
    yield Right("EXECUTE", "function", "llmedger_erase")


# --- asking ----------------------------------------------------------------------------------------------------------

_HAS = {
    "schema": "has_schema_privilege(CAST(:role AS name), name, privilege)",
    "table": "has_table_privilege(CAST(:role AS name), to_regclass(quote_ident(name)), privilege)",
    "sequence": "has_sequence_privilege(CAST(:role AS name), to_regclass(quote_ident(name)), privilege)",
    "function": "has_function_privilege(CAST(:role AS name), to_regproc(quote_ident(name)), privilege)",
}
_LACKED = {
    kind: text(
        "SELECT number FROM unnest(CAST(:names AS text[]), CAST(:privileges AS text[])) "  # noqa: S608  (our own words)
        f"WITH ORDINALITY AS asked (name, privilege, number) WHERE NOT {has} ORDER BY number"
    )
    for kind, has in _HAS.items()
}
"""By kind of object: which of these privileges a role has not. Of an object that is not there, nothing is said."""
_OTHERS = text(
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = :schema AND relname = ANY (:names) AND NOT pg_has_role(relowner, 'USAGE') ORDER BY relname"
)


async def require_service_rights(connection: AsyncConnection) -> None:
    """Raises RightsMissing where the connection's role may not do what the service does."""
    role, schema = await _role(connection), await _schema(connection)
    if missing := await _missing(connection, role, service_rights(schema)):
        raise RightsMissing.of(role, missing, ADVICE)


async def require_schema(connection: AsyncConnection) -> None:
    """Raises RightsMissing where the connection's role sees no schema: it would take tables for missing."""
    if await connection.scalar(text("SELECT current_schema()")) is None:
        raise RightsMissing.of(await _role(connection), [Right("USAGE", "schema", DEFAULT_SCHEMA)], ADVICE)


async def require_owner(connection: AsyncConnection) -> None:
    """Raises RightsMissing where the connection's role may not make tables, or does not own those that are there."""
    role, schema = await _role(connection), await _schema(connection)
    made = [Right("USAGE", "schema", schema), Right("CREATE", "schema", schema)]
    if missing := await _missing(connection, role, made):
        advice = f"its owner says GRANT USAGE, CREATE ON SCHEMA {schema} TO {role} (docs/postgresql.md)"
        raise RightsMissing.of(role, missing, advice)
    names = sorted({right.name for right in service_rights(schema) if right.kind == "table"})
    others = await connection.scalars(_OTHERS, {"schema": schema, "names": names})
    if owned := [Right("ownership", "table", name) for name in others]:
        raise RightsMissing.of(role, owned, "migrate as the role that made them, LEDGER_MIGRATION_DATABASE_URL")


async def _schema(connection: AsyncConnection) -> str:
    """The schema of the tables: the first of the search path that the role may use."""
    return await connection.scalar(text("SELECT current_schema()")) or DEFAULT_SCHEMA


async def _role(connection: AsyncConnection) -> str:
    return str(await connection.scalar(text("SELECT current_user")))


async def _missing(connection: AsyncConnection, role: str, rights: Iterable[Right]) -> list[Right]:
    """Those of the rights that the role has not, on objects that are there."""
    found = []
    for kind, wanted in groupby(rights, lambda right: right.kind):
        given = list(wanted)
        names, privileges = [right.name for right in given], [right.privilege for right in given]
        numbers = await connection.scalars(_LACKED[kind], {"role": role, "names": names, "privileges": privileges})
        found += [given[number - 1] for number in numbers]
    return found


# --- giving ----------------------------------------------------------------------------------------------------------


_ON = {"schema": "SCHEMA %I", "table": "TABLE %I", "sequence": "SEQUENCE %I", "function": "FUNCTION %I"}
_EXISTS = text("SELECT count(*) FROM pg_roles WHERE rolname = :role")
_MAY_LET_IN = text("SELECT has_schema_privilege(:schema, 'USAGE WITH GRANT OPTION')")


async def give_service_rights(connection: AsyncConnection, role: str) -> None:
    """Give a role what the service needs and has not yet, and take what it must not have: changing the log. Raises
    RightsMissing where the connection's role may not give it."""
    me, schema = await _role(connection), await _schema(connection)
    if role == me:
        return
    if not await connection.scalar(_EXISTS, {"role": role}):
        raise RightsMissing(f"there is no role {role} to run the service as: CREATE ROLE {role} LOGIN")
    may_let_in = await connection.scalar(_MAY_LET_IN, {"schema": schema})
    for right in await _missing(connection, role, service_rights(schema)):
        if right.kind != "schema" or may_let_in:
            await _execute(connection, f"GRANT {right.privilege} ON {_ON[right.kind]} TO %I", right.name, role)
    for name in APPEND_ONLY:
        await _execute(connection, "REVOKE UPDATE, DELETE, TRUNCATE ON TABLE %I FROM %I", name, role)
    if missing := await _missing(connection, role, service_rights(schema)):
        advice = f"{me} may not give it; its owner says GRANT USAGE ON SCHEMA {schema} TO {role}"
        raise RightsMissing.of(role, missing, f"{advice} (docs/postgresql.md)")


async def _execute(connection: AsyncConnection, template: str, *names: str) -> None:
    """Run a statement that takes no parameters, its names quoted by the server's own format()."""
    named = {f"v{index}": name for index, name in enumerate(names)}
    arguments = ", ".join(f"CAST(:{each} AS text)" for each in named)
    query = text(f"SELECT format(:template, {arguments})")
    await connection.exec_driver_sql(str(await connection.scalar(query, {"template": template, **named})))

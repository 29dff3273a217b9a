"""Read models of large ledgers, made by a few statements instead of by projectors, which would take an hour.

The rows are those that projecting would have written, and as many, for all that the benchmarks read: the tree's tiles,
every current balance, and of the first account, which is in every transaction, its history and its register. Of the
other accounts history and register begin with what is posted later; so do the dashboard's sums.
"""

from api.services import Services
from ledger.store.engine import to_sortable
from ledger.store.rows import insert_rows
from ledger.transactions import TOTALS
from projections.balance_history.chunks import BASE
from projections.checkpoints import make_rows, read_live
from projections.tiles import Leaves, Tiles
from tests.benchmarks.books import CURRENCY, FIRST_DAY, ID_BEGINS, STEP, UNITS, Books, fill, open_books
from tests.benchmarks.installation import Installation

GENERATION = 1


async def large_books(
    installation: Installation, services: Services, id_: str, count: int, *, days: int, register: bool = True
) -> Books:
    """A ledger with so many transactions on the first account and all read models up to date, dated and recorded over
    `days` days; `register=False`: without the register's rows."""
    books = await open_books(installation, services, id_, past=True)
    projector = services.projector()
    while await projector.catch_up():
        pass
    await fill(services, books, count, days=days)
    rows = _Rows("sqlite" if services.projections.is_sqlite else "postgresql", books)
    statements = [*rows.balances(), *rows.history(), *(rows.register() if register else [])]
    [last] = await services.journal.read(books.serial, books.size - 1, 1)
    async with services.projections.write.begin() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)
        live = await read_live(connection, books.serial)
        [tiles] = [each for each in live if each.projection == Tiles.name]
        leaves = Leaves(books.first, books.leaves[books.first :])
        await insert_rows(connection, *await Tiles().plan_changes(connection, tiles, leaves))
        await insert_rows(connection, make_rows(each.advance(last) for each in live))
    # What a database learns by itself in time, it must know now.
    for database in (services.journal.database, services.projections):
        async with database.write.begin() as connection:
            await connection.exec_driver_sql("ANALYZE")
    return books


class _Rows:
    """The statements for one ledger, in one dialect. Transactions are numbered n = 0, 1, 2, …"""

    def __init__(self, dialect: str, books: Books) -> None:
        self._is_sqlite = dialect == "sqlite"
        self._books = books
        self._count, self._days = books.calendar.count, books.calendar.days
        self._hot = books.accounts[0]

    def balances(self) -> list[str]:
        """Of every account."""
        values = [
            f"({self._books.serial}, {GENERATION}, {account}, '{CURRENCY}', 2, {self._units(total.debits)}, "
            f"{self._units(total.credits)}, {max(total.debits, total.credits) // UNITS})"
            for (account, _), total in self._books.state[TOTALS].items()
        ]
        columns = "ledger, generation, account, currency, scale, debits, credits, transactions"
        return [f"INSERT INTO account_balances ({columns}) VALUES {', '.join(values)}"]

    def history(self) -> list[str]:
        """Of the first account: movements, and blocks level by level."""
        of_pair = "ledger, generation, account, currency"
        pair = f"{self._books.serial}, {GENERATION}, {self._hot}, '{CURRENCY}'"
        statements = [
            f"INSERT INTO history_accounts ({of_pair}, scale) VALUES ({pair}, 2)",
            (
                f"INSERT INTO history_chunks ({of_pair}, position, last, ordinal, begins, earliest, latest, "
                f"debits, credits, movements) SELECT {pair}, min(position), max(position), min(n), "
                f"min(n) / {BASE**2} * {BASE**2} + {self._books.first}, min(date), max(date), "
                f"{self._units(f'{UNITS} * count(*)')}, {self._units(0)}, {self._listed} FROM "
                f"(SELECT n, n + {self._books.first} AS position, {self._date} AS date "
                f"FROM {self._numbers(self._count)}) AS moved GROUP BY n / {BASE}"
            ),
        ]
        level, width = 2, BASE**2
        while width <= self._count:
            running = f"CAST({UNITS} * sum(count(*)) OVER (PARTITION BY block ORDER BY date) AS bigint)"
            whole = self._numbers(self._count // width * width)
            statements.append(
                f"INSERT INTO history_blocks ({of_pair}, level, block, date, debits, credits) "
                f"SELECT {pair}, {level}, block, date, {self._units('units')}, {self._units(0)} FROM "
                f"(SELECT block, date, {running} AS units FROM "
                f"(SELECT n / {width} AS block, {self._date} AS date FROM {whole}) AS dated "
                "GROUP BY block, date) AS summed"
            )
            level, width = level + 1, width * BASE
        return statements

    def register(self) -> list[str]:
        """Every transaction, and the lines of the first account."""
        key = f"{self._books.serial}, {GENERATION}"
        others = self._books.accounts[1:]
        listed = f"'[{self._hot}, ' || ({others[0]} + n % {len(others)}) || ']'"
        return [
            (
                "INSERT INTO register_transactions (ledger, generation, position, id, date, kind, series, number, "
                "description, largest, accounts, accounts_more, text) "
                f"SELECT {key}, n + {self._books.first}, {self._id}, {self._date}, 'normal', 'A', n + 1, "
                f"'Transfer ' || n, {self._units(UNITS * 10**28)}, {listed}, 0, 'transfer ' || n "
                f"FROM {self._numbers(self._count)}"
            ),
            (
                "INSERT INTO register_lines "
                "(ledger, generation, account, date, position, line, currency, scale, units) "
                f"SELECT {key}, {self._hot}, {self._date}, n + {self._books.first}, 0, '{CURRENCY}', 2, "
                f"{self._units(UNITS)} FROM {self._numbers(self._count)}"
            ),
        ]

    @property
    def _listed(self) -> str:
        """The movements of a chunk."""
        if self._is_sqlite:
            day = "CAST(julianday(date) - julianday('0001-01-01') AS integer) + 1"
            return f"group_concat(position || ' ' || ({day}) || ' {UNITS} 0', ' ')"
        return f"string_agg(position || ' ' || (date - DATE '0001-01-01' + 1) || ' {UNITS} 0', ' ' ORDER BY n)"

    def _numbers(self, count: int) -> str:
        if self._is_sqlite:
            each = f"WITH RECURSIVE each(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n < {count - 1})"
            return f"({each} SELECT n FROM each) AS numbers"
        return f"generate_series(0, {count - 1}) AS n"

    @property
    def _date(self) -> str:
        number = f"CAST(n AS bigint) * {STEP} % {self._days}"
        if self._is_sqlite:
            return f"date('{FIRST_DAY}', '+' || ({number}) || ' days')"
        return f"DATE '{FIRST_DAY}' + CAST({number} AS int)"

    @property
    def _id(self) -> str:
        position = f"n + {self._books.first}"
        if self._is_sqlite:
            return f"'{ID_BEGINS}' || printf('%012x', {position})"
        return f"CAST('{ID_BEGINS}' || lpad(to_hex({position}), 12, '0') AS uuid)"

    def _units(self, units: int | str) -> str:
        """Minor units as they are stored: a number, or the name of a column of numbers >= 0."""
        if isinstance(units, int):
            return f"'{to_sortable(units)}'" if self._is_sqlite else f"CAST('{units}' AS numeric)"
        return f"'p' || printf('%03d%d', length({units}), {units})" if self._is_sqlite else units

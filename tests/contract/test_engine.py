"""The few places where the engines differ: column types and the list operator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from ledger.store import tables
from ledger.store.engine import ListOf, among, database_url, projections_url, sortable, unsortable

DIALECTS: list[Dialect] = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.name))
def test_a_look_up_in_a_list_can_use_an_index(dialect: Dialect) -> None:
    query = select(tables.journal.c.id).where(
        among(tables.journal.c.position, bindparam("positions", type_=ListOf(BigInteger())))
    )
    assert not str(query.compile(dialect=dialect)).rstrip().endswith("= 1")


@given(st.integers(), st.integers())
def test_text_of_numbers_sorts_as_the_numbers_do(one: int, other: int) -> None:
    assert (sortable(one) < sortable(other)) == (one < other)
    assert unsortable(sortable(one)) == one


@given(st.integers(min_value=-(10**60), max_value=10**60))
def test_text_of_numbers_of_any_length_reads_back(number: int) -> None:
    assert unsortable(sortable(number)) == number


def test_projections_of_a_sqlite_ledger_lie_beside_it() -> None:
    assert projections_url(database_url("sqlite:///data/ledger.db")).database == "data/ledger-projections.db"


def test_projections_of_a_postgresql_ledger_lie_in_its_database() -> None:
    url = database_url("postgresql://me@here/books?host=/run/pg")
    assert projections_url(url) == url
    assert url.drivername == "postgresql+asyncpg"


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        database_url("mysql://me@here/books")

"""Fixtures that every folder of tests shares, and the Hypothesis profiles.

`postgres` is the session's server, `fresh_postgres_database` a new empty database for one test,
`shared` the folder beside the repository. A test that asks for PostgreSQL and gets no server fails;
it is never skipped.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import PostgresServer, postgres_server
from tests.shared_data import shared_folder

# No deadline anywhere: a busy machine is not a wrong result. "ci" looks for new examples at every
# run, and prints the blob with which `@reproduce_failure` repeats a failure.
settings.register_profile(
    "ci",
    derandomize=False,
    print_blob=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("dev", deadline=None, max_examples=25)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

_database_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's PostgreSQL server, started when the first test asks for it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    """The server's maintenance database: for statements about databases and roles."""
    return postgres.url()


@pytest.fixture
def fresh_postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a new, empty database, dropped after the test."""
    name = f"test_{next(_database_numbers)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder; the test is skipped, or fails in CI, where there is none."""
    return shared_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures that they use, so that nobody has to by hand."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "postgres" in fixtures:
            item.add_marker("postgres")
        if "shared" in fixtures:
            item.add_marker("shared")

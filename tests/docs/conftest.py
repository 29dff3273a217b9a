"""`new_session`: readers with an installation each, empty or with the books that some pages begin with."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.session import Session
from tests.http.service import sqlite_settings

NewSession = Callable[..., Session]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty, migrated database, to be copied."""
    folder = tmp_path_factory.mktemp("installation")
    sqlite_settings(folder)
    return folder


@pytest.fixture(scope="session")
def installation_with_books(
    installation: Path, tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> Path:
    """A folder with the database that `prepare/books.sh` makes, to be copied."""
    folder = tmp_path_factory.mktemp("installation-with-books")
    shutil.copytree(installation, folder / "data")
    session = Session(folder, unused_tcp_port_factory(), unused_tcp_port_factory())
    session.prepare("books")
    session.close()
    return folder / "data"


@pytest.fixture
def new_session(
    request: pytest.FixtureRequest, installation: Path, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> Iterator[NewSession]:
    """Makes a reader in a new folder with a new installation."""
    with ExitStack() as readers:

        def make(*, with_books: bool = False) -> Session:
            data = request.getfixturevalue("installation_with_books") if with_books else installation
            shutil.copytree(data, tmp_path / "data")
            session = Session(tmp_path, unused_tcp_port_factory(), unused_tcp_port_factory())
            readers.callback(session.close)
            return session

        yield make

"""What an observer hears of the writer and the projector, on both engines."""

import pytest

from ledger.books.accounts import OpenAccount
from ledger.errors import AccountExists
from ledger.observer import Observer
from tests.builders import transfer
from tests.stores import Store


class Ear(Observer):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def submitted(self, ledger: str, commands: int) -> None:
        self.heard.append(("submitted", ledger, commands))

    def committed(self, ledger: str, records: int, seconds: float) -> None:
        assert seconds >= 0
        self.heard.append(("committed", ledger, records))

    def refused(self, ledger: str, code: str) -> None:
        self.heard.append(("refused", ledger, code))

    def followed(self, sink: str, ledger: int, records: int, lag: int) -> None:
        assert sink
        self.heard.append(("followed", ledger, records, lag))


async def test_an_observer_hears_what_is_submitted_committed_and_refused(store: Store) -> None:
    books, ear = await store.books(), Ear()
    await books.submit(transfer("1.00"))  # which declares its currency too
    heard = books.by(store.sequencer(observer=ear))
    await heard.submit(transfer("1.00"))
    with pytest.raises(AccountExists):
        await heard.submit(OpenAccount("Assets:Cash"))
    await heard.submit_all(transfer("1.00"), OpenAccount("Assets:Cash"), transfer("2.00"))
    assert ear.heard == [
        ("submitted", books.uuid, 1),
        ("committed", books.uuid, 1),
        ("submitted", books.uuid, 1),
        ("refused", books.uuid, "account_exists"),
        ("submitted", books.uuid, 3),
        ("committed", books.uuid, 2),
        ("refused", books.uuid, "account_exists"),
    ]


async def test_an_observer_hears_how_far_the_projector_is(store: Store) -> None:
    books, ear = await store.books(), Ear()
    await books.submit_all(*[transfer("1.00") for _ in range(20)])
    size, serial = await books.size(), (await books.ledger()).serial
    projector = store.projector(slice_records=15, observer=ear)
    while await projector.catch_up():
        pass
    heard = [each for each in ear.heard if each[1] == serial]
    assert heard == [("followed", serial, 15, size - 15), ("followed", serial, size - 15, 0)]

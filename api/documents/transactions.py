"""Transactions as JSON: with the names of their accounts, and whether they were reversed."""

from collections.abc import Callable, Sequence

from api.documents.questions import collect_accounts, read_paths
from api.shapes.transactions import TransactionOut, make_transaction
from ledger.journal import Record, Size
from projections.reader import Reading


async def read_transactions(
    reading: Reading, records: Sequence[Record], size: Size
) -> Callable[[Record], TransactionOut]:
    """Return what makes one of these transactions, as known at `size`. The reading names `chart`."""
    paths = await read_paths(reading, collect_accounts(records))
    reversals = await reading.log.find_reversals(reading.ledger.serial, [record.position for record in records])
    reversed_by = {position: id_ for position, (id_, by) in reversals.items() if by < size}
    return lambda record: make_transaction(record, paths, reversed_by.get(record.position))

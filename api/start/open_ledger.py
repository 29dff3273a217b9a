"""Opening a ledger, with the accounts of a chart."""

import secrets
from dataclasses import replace

from api.services import Services
from api.shapes.currencies import find_iso_scales
from api.shapes.ledgers import LedgerIn
from api.start.charts import Chart
from ledger.books.ledger import OpenLedger
from ledger.codec import Actor
from ledger.errors import IdempotencyMismatch, Rejected, UnknownCurrency
from ledger.journal import Receipt
from ledger.sequencer import Order
from ledger.state import NeededRows


def make_open_command(body: LedgerIn, owner: str, default_currency: str, uuid: str) -> OpenLedger:
    """Return the command behind a request to open a ledger. Raises UnknownCurrency for what ISO 4217 does not know."""
    currency = body.currency or default_currency
    if not find_iso_scales([currency]):
        raise UnknownCurrency(currency=currency, pointer="#/currency")
    filled = {name for name in ("id", "currency") if getattr(body, name) is None}
    return OpenLedger(
        id=body.id or f"ledger-{uuid.replace('-', '')[12:]}",
        owner=owner,
        currency=currency,
        nonce=secrets.token_hex(16),
        name=body.name,
        time_zone=body.time_zone,
        fiscal_year_start=body.fiscal_year_start,
        retention_years=body.retention_years,
        filled=frozenset(filled),
    )


async def open_with_chart(
    services: Services,
    uuid: str,
    command: OpenLedger,
    chart: Chart | None,
    *,
    actor: Actor,
    key: str | None,
    request: str,
) -> Receipt:
    """Open a ledger and the accounts of its chart: all or none. Returns the receipt of the ledger's opening, with the
    size after the last account.

    Under a key the accounts have keys of their own, so that a repeat finds all of them done, and opens none twice.
    Raises what the ledger refuses; IdempotencyMismatch for the same key with another chart.
    """
    accounts = chart.accounts if chart else ()
    keys = [_account_key(index) for index in range(len(accounts))]
    if key is not None and (ledger := await services.journal.find(uuid)) is not None:
        known, _ = await services.journal.peek(ledger, [*keys, _account_key(len(keys))], NeededRows())
        if known.keys() != set(keys):
            raise IdempotencyMismatch
    orders = [Order(each, None if key is None else own) for each, own in zip(accounts, keys, strict=True)]
    try:
        first, *rest = await services.sequencer.submit_all(
            uuid, [Order(command, key), *orders], actor=actor, request=request, atomic=True
        )
    except Rejected as refusal:
        refusal.index = None  # the caller sent one command
        raise
    last = rest[-1] if rest else first
    assert isinstance(first, Receipt) and isinstance(last, Receipt)
    return replace(first, count=last.size - first.first)


def _account_key(index: int) -> str:
    """Return the key under which the `index`-th account is opened with its ledger."""
    return f"opening/chart/{index}"

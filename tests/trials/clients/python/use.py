"""Uses a generated client: signs in, posts, repeats, is refused, reads. Its types are the test as much as its answers.

Run by the interpreter of the generator's own environment: `use.py URL USERNAME PASSWORD`.
"""

import datetime as dt
import sys

from client_of_books import AuthenticatedClient, Client
from client_of_books.api.accounts import open_account
from client_of_books.api.balances import list_balances
from client_of_books.api.ledgers import open_ledger
from client_of_books.api.sign_in import register
from client_of_books.api.transactions import post_transaction
from client_of_books.models import (
    BalanceList,
    Credentials,
    OpenAccount,
    OpenLedger,
    PostingInput,
    PostTransaction,
    Problem,
    ProblemCode,
    Receipt,
    SignedIn,
)

url, username, password = sys.argv[1:]
stranger = Client(base_url=url)
signed_in = register.sync(client=stranger, body=Credentials(username=username, password=password))
assert isinstance(signed_in, SignedIn), signed_in
client = AuthenticatedClient(base_url=url, token=signed_in.token)

opened = open_ledger.sync(client=client, body=OpenLedger(currency="EUR"))
assert isinstance(opened, Receipt), opened
ledger = str(opened.id)
for path in ("Assets:Typed", "Income:Typed"):
    account = open_account.sync(ledger, client=client, body=OpenAccount(path=path))
    assert isinstance(account, Receipt), account


def sale(debit: str) -> PostTransaction:
    """A sale of 12.50 with this debit."""
    postings = [
        PostingInput(account="Assets:Typed", currency="EUR", debit=debit),
        PostingInput(account="Income:Typed", currency="EUR", credit="12.50"),
    ]
    return PostTransaction(date=dt.date(2026, 1, 31), postings=postings, description="Typed")


posted = post_transaction.sync_detailed(ledger, client=client, body=sale("12.50"), idempotency_key="sale-1")
again = post_transaction.sync_detailed(ledger, client=client, body=sale("12.50"), idempotency_key="sale-1")
assert (posted.status_code, again.status_code) == (201, 201)
assert again.headers["Idempotent-Replayed"] == "true" and again.content == posted.content
receipt = posted.parsed
assert isinstance(receipt, Receipt), receipt

refused = post_transaction.sync(ledger, client=client, body=sale("13.00"))
assert isinstance(refused, Problem), refused
assert refused.code is ProblemCode.UNBALANCED, refused.code
assert refused.difference == "0.50" and refused.status == 422

read = list_balances.sync(ledger, client=client, account="Assets:Typed", min_size=receipt.size)
assert isinstance(read, BalanceList), read
(balance,) = read.balances
assert balance.balance == "12.50"
nobody = list_balances.sync(ledger, client=AuthenticatedClient(base_url=url, token="nobody"))
assert isinstance(nobody, Problem) and nobody.code is ProblemCode.UNAUTHENTICATED
sys.stdout.write(f"posted {receipt.id} and read {balance.balance}\n")

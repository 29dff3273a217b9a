"""Examples of bodies. The tests send each of them to a ledger in euro with a few accounts, and each is accepted."""

from typing import Any

_SALE = [
    {"account": "Assets:Bank", "debit": "119.00", "currency": "EUR"},
    {
        "account": "Income:Sales",
        "credit": "100.00",
        "currency": "EUR",
        "tax": {"code": "DE-19"},
    },
    {
        "account": "Liabilities:VAT",
        "credit": "19.00",
        "currency": "EUR",
        "tax": {"code": "DE-19", "base": "-100.00"},
    },
]
_PLAIN = [
    {"account": "Assets:Bank", "amount": "12.50", "currency": "EUR"},
    {"account": "Income:Sales", "amount": "-12.50", "currency": "EUR"},
]

EXAMPLES: dict[str, dict[str, tuple[str, Any]]] = {
    "PostTransaction": {
        "sale": ("A cash sale", {"date": "2026-01-31", "description": "Coffee", "postings": _PLAIN}),
        "invoice": (
            "An invoice with tax, its number and its customer",
            {
                "date": "2026-01-31",
                "description": "Invoice 2026-017",
                "document": {"ref": "2026-017", "date": "2026-01-31", "due": "2026-02-28", "party": "C-002"},
                "tags": ["web shop"],
                "metadata": {"order": "4711"},
                "postings": _SALE,
            },
        ),
    },
    "ReverseTransaction": {
        "as it was": ("On the date of the original", {}),
        "later": ("On another date, with a reason", {"date": "2026-02-01", "description": "Posted twice"}),
    },
    "EraseTexts": {
        "on request": (
            "On request of a person",
            {"reason": "request of the customer", "basis": "GDPR 17", "force": True},
        )
    },
    "OpenAccount": {
        "plain": ("The type follows from the path", {"path": "Expenses:Travel"}),
        "bank": (
            "A bank account with a number and one currency",
            {"path": "Assets:Savings", "number": "1210", "role": "bank", "currencies": ["EUR"]},
        ),
    },
    "UpdateAccount": {
        "rename": ("Another path. The old path still finds the account", {"path": "Assets:House bank"}),
        "use": ("What the account is for", {"role": "bank", "metadata": {"iban": "DE02120300000000202051"}}),
    },
    "OpenLedger": {
        "new": (
            "Books in euro with a chart of accounts",
            {"name": "Books", "currency": "EUR", "time_zone": "Europe/Berlin", "chart": "small-business"},
        )
    },
    "UpdateLedger": {"rename": ("Another name", {"name": "Books of the shop"})},
    "DeclareCurrency": {
        "points": ("Points of a customer card, without decimal places", {"currency": "POINTS", "scale": 0})
    },
    "GrantRole": {
        "no end": ("A bookkeeper", {"role": "bookkeeper"}),
        "with an end": ("An auditor until the end of a year", {"role": "auditor", "until": "2099-12-31T23:59:59Z"}),
    },
    "CreateToken": {"program": ("A program that may only read", {"name": "reports", "role": "viewer"})},
    "Credentials": {"ann": ("A name and a password", {"username": "ann", "password": "correct horse battery"})},
    "PostCommands": {
        "together": (
            "An account and a transaction: both or none",
            {
                "atomic": True,
                "commands": [
                    {"type": "open_account", "path": "Expenses:Rent"},
                    {
                        "type": "post_transaction",
                        "key": "rent-2026-01",
                        "date": "2026-01-31",
                        "postings": [
                            {"account": "Expenses:Rent", "amount": "800.00", "currency": "EUR"},
                            {"account": "Assets:Bank", "amount": "-800.00", "currency": "EUR"},
                        ],
                    },
                ],
            },
        ),
        "each": (
            "Independent commands",
            {
                "commands": [
                    {"type": "declare_currency", "currency": "MILES", "scale": 0},
                    {"type": "update_ledger", "name": "Books of the shop"},
                ]
            },
        ),
    },
    "Command": {
        "line": (
            "One line of a stream; every line has a key",
            {"type": "post_transaction", "key": "coffee-1", "date": "2026-01-31", "postings": _PLAIN},
        )
    },
    "Empty": {"empty": ("Nothing", {})},
}
"""By the name of a shape: examples by name, each with a summary."""


def find_examples(name: str, shape: Any) -> dict[str, Any]:
    """Return the `examples` of a body: those of this name, or those that its shape has itself."""
    given = EXAMPLES.get(name) or getattr(shape, "EXAMPLES", {})
    return {each: {"summary": summary, "value": value} for each, (summary, value) in given.items()}

# The ledger of README.md with one sale, and an account that had another name.
TOKEN=$(curl -s http://127.0.0.1:8000/api/auth/register -H 'Content-Type: application/json' \
    -d '{"username": "ann", "password": "correct horse"}' | sed 's/.*"token": *"\([^"]*\)".*/\1/')
api() { curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' "$@"; }
api http://127.0.0.1:8000/api/ledgers -d '{"id": "books", "currency": "EUR"}'
LEDGER=http://127.0.0.1:8000/api/ledgers/books
api $LEDGER/accounts -d '{"path": "Income:Sales"}'
ACCOUNT=$(api $LEDGER/accounts -d '{"path": "Assets:Of somebody"}' | sed 's/.*"id": *\([0-9]*\).*/\1/')
api $LEDGER/accounts/$ACCOUNT -X PATCH -d '{"path": "Assets:Till"}'
ID=$(api $LEDGER/transactions -d '{"date": "2026-01-31", "description": "For somebody", "postings": [
    {"account": "Assets:Till", "amount": "1.00", "currency": "EUR"},
    {"account": "Income:Sales", "amount": "-1.00", "currency": "EUR"}]}' | sed 's/.*"id": *"\([^"]*\)".*/\1/')

# The ledger of README.md, in which nothing is posted yet; ann owns it, and bea has signed up.
sign_up() {
    curl -s http://127.0.0.1:8000/api/auth/register -H 'Content-Type: application/json' -d "$1"
}
TOKEN=$(sign_up '{"username": "ann", "password": "correct horse"}' | sed 's/.*"token": *"\([^"]*\)".*/\1/')
sign_up '{"username": "bea", "password": "battery staple"}'
api() { curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' "$@"; }
api http://127.0.0.1:8000/api/ledgers -d '{"id": "books", "currency": "EUR"}'
api http://127.0.0.1:8000/api/ledgers/books/accounts -d '{"path": "Assets:Cash"}'
api http://127.0.0.1:8000/api/ledgers/books/accounts -d '{"path": "Income:Sales"}'

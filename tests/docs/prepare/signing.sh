# api signs in when it is first called: a page decides what the server is started with.
api() {
    TOKEN=${TOKEN:-$(curl -s "http://127.0.0.1:$LEDGER_PORT/api/auth/login" -H 'Content-Type: application/json' \
        -d '{"username": "ann", "password": "correct horse"}' | sed 's/.*"token": *"\([^"]*\)".*/\1/')}
    curl -s -H "Authorization: Bearer $TOKEN" "$@"
}

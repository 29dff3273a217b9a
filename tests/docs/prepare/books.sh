# At the command line: a user, and a ledger with one transaction. Its five records are the ledger, two accounts, the
# currency and the transaction.
echo "correct horse" | llmedger user add ann --password-stdin
llmedger ledger create books --owner ann --currency EUR
echo '{"date": "2026-01-31", "postings": [{"account": "Assets:Cash", "amount": "1.00", "currency": "EUR"},' \
    '{"account": "Income:Sales", "amount": "-1.00", "currency": "EUR"}]}' |
    llmedger import - --ledger books --source sales --open-accounts

"""Somebody else who posts to books of their own, one post after the other, in a process of their own.

`python -m tests.trials.neighbour PORT TOKEN LEDGER` writes a line for each post: when it was sent (`time.monotonic`, in
seconds), and after how many milliseconds it was answered.
"""

import http.client
import json
import sys
import time

PAUSE_SECONDS = 0.01


def main(port: int, token: str, ledger: str) -> None:
    """Post until told to end."""
    body = json.dumps(
        {
            "date": "2026-01-02",
            "postings": [
                {"account": "Assets:Cash", "amount": "1.00", "currency": "EUR"},
                {"account": "Income:Sales", "amount": "-1.00", "currency": "EUR"},
            ],
        }
    )
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        begun = time.monotonic()
        connection.request("POST", f"/api/ledgers/{ledger}/transactions", body, headers)
        answer = connection.getresponse()
        answer.read()
        sys.stdout.write(f"{begun} {(time.monotonic() - begun) * 1000} {answer.status}\n")
        sys.stdout.flush()
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])

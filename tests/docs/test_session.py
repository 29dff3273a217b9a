"""The reader who follows a page finds out when the page is wrong: every kind of block, right and wrong."""

import pytest

from tests.docs.blocks import blocks_of, complaints_about, indented_in
from tests.docs.conftest import NewSession
from tests.docs.session import Differs, Session

GOOD = """
```sh
export GREETING=hello
greet() { echo "$GREETING, $1"; }
curl -s http://127.0.0.1:8000/api/live
```

```json output
{"status": …}
```

```json file=body.json
{"username": "ann", "password": "correct horse"}
```

```sh
greet world
curl -s http://127.0.0.1:8000/api/auth/register -H 'Content-Type: application/json' -d @body.json >answer.json
```

```text output
hello, …
```

```python
import json, os
print(os.environ["GREETING"], json.load(open("answer.json"))["user"]["username"])
```

```text output
hello ann
```

```js
import { readFileSync } from "node:fs";
console.log(JSON.parse(readFileSync("answer.json")).user.username);
```

```text output
ann
```

```sh fails
curl -s http://127.0.0.1:8000/api/ledgers
```

```json output
{…, "code": "unauthenticated"}
```

```sh
false || echo "the shell is still there, $GREETING"
```

```text output
the shell is still there, hello
```
"""


def follow(session: Session, page: str) -> None:
    """Do what a page says."""
    for block in blocks_of("page.md", page):
        session.follow(block)


def test_a_page_is_followed_from_beginning_to_end(new_session: NewSession) -> None:
    follow(new_session(), GOOD)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("```sh\nfalse\necho on\n```", "ended with 1"),
        ("```sh\necho $NOBODY_SET_THIS\n```", "NOBODY_SET_THIS"),
        ("```sh\ncurl -s http://127.0.0.1:8000/api/ledgers\n```", "unauthenticated"),
        ("```sh\ncurl -s http://127.0.0.1:8000/api/ledgers | cat\n```", "unauthenticated"),
        ("```sh fails\ntrue\n```", "ended with 0"),
        ("```sh\necho 5.00\n```\n```text output\n5.01\n```", "is not what was printed"),
        ("```python\nassert 1 == 2\n```", "AssertionError"),
        ("```js\nthrow new Error('no');\n```", "Error: no"),
        ("```sh serves\nllmedger status\n```", "ended with"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(page: str, told: str, new_session: NewSession) -> None:
    with pytest.raises(Differs, match=r"page\.md:") as found:
        follow(new_session(), page)
    assert told in str(found.value)


def test_a_server_serves_until_it_is_told_to_stop(new_session: NewSession) -> None:
    follow(new_session(), "```sh serves\nllmedger serve\n```\n```sh\nllmedger ledger list\n```")


def test_a_frontend_runs_at_its_own_origin(new_session: NewSession) -> None:
    page = """
```js browser
const answer = await fetch("http://localhost:8000/api/live");
console.log(location.origin, answer.status);
```

```text output
http://localhost:5173 200
```
"""
    follow(new_session(), page)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("```\nx\n```", "has no language"),
        ("```ruby\nx\n```", "has no language, or one"),
        ("```sh\nx\n```\n```python serves\nx\n```", "'serves', which means nothing"),
        ("```text output\nx\n```", "output of nothing"),
        ("```sh\nx\n```\n```text output\nx\n```\n```text output\nx\n```", "output of nothing"),
    ],
)
def test_a_block_without_a_meaning_is_named(page: str, told: str) -> None:
    [complaint] = complaints_about(blocks_of("page.md", page))
    assert told in complaint


def test_a_block_that_is_only_indented_is_found() -> None:
    assert indented_in("a\n\n    b\n\n- c\n\n      d\n\n        e\n") == [3, 7]

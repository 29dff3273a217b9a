"""Answers to reads: what they reflect, whether the reader has them already, and where the next page is."""

import json
from collections.abc import Collection
from typing import Any

from fastapi import Request, Response

from api.answers import Answer, Answers
from api.deps import Access, etag_of, make_cursor, question_of
from api.problems import NotModified
from api.queries import Freshness, Page
from api.services import Services
from ledger.accounts import AccountId
from ledger.events import TransactionPosted
from ledger.journal import Position, Record, Size

READ_HEADERS = {"Cache-Control": "private, no-cache"}


def dumps(content: Any) -> bytes:
    """JSON, compact, in UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class Conditional:
    """One reader's question, which may be answered by "you have that already" (RFC 9110 section 13.1.2)."""

    def __init__(self, request: Request, access: Access) -> None:
        self._request = request
        self._access = access
        self._has = _tags(request.headers.get("if-none-match"))
        self.headers: dict[str, str] = dict(READ_HEADERS)

    @property
    def conditional(self) -> bool:
        """Whether the reader has an answer."""
        return bool(self._has)

    async def look(
        self, services: Services, projection: str, fresh: Freshness, *reflecting: object, pinned: Size | None = None
    ) -> None:
        """`check` before a snapshot is opened: most polls end here.

        Nothing is decided while the projection is behind what was asked for. `reflecting` as it will be checked again;
        `pinned`: the size that the answer will be of, whatever has been applied. What has been applied counts all the
        same: names are those of today, and a text that was erased must not live on as "unchanged".
        """
        now = await services.reader.applied(self._access.ledger.serial, projection)
        if now.applied >= max(fresh.min_size, pinned or 0):
            self.check(now.applied if pinned is None else pinned, now.generation, now.applied, *reflecting)

    def check(self, size: Size, *reflecting: object, changed: Position | None = None) -> None:
        """Say what the answer reflects. Raises NotModified where the reader has it already.

        `changed`: for what can be patched, the record that last changed it; an `If-Match` insists on that alone.
        """
        etag = etag_of(self._request, self._access, size, *reflecting)
        if changed is not None:
            etag = etag.replace('"', f'"{changed}.', 1)
        self.headers |= {"ETag": etag, "Ledger-Size": str(size)}
        if etag in self._has:
            raise NotModified(self.headers)

    def kept(self, answers: Answers) -> Response | None:
        """The answer that `look` found to be the present one, where it was given lately."""
        found = answers.get(self._access.ledger.uuid, self.headers.get("ETag", ""))
        return None if found is None else Response(found.body, headers=found.headers, media_type="application/json")

    def keep(self, answers: Answers, response: Response) -> Response:
        """Keep an answer that depends on nothing but what was checked."""
        answer = Answer(bytes(response.body), self.headers)
        answers.keep(self._access.ledger.uuid, int(self.headers["Ledger-Size"]), self.headers["ETag"], answer)
        return response

    def answer(self, content: Any) -> Response:
        """The answer itself."""
        return Response(dumps(content), headers=self.headers, media_type="application/json")

    def page(self, page: Page) -> Response:
        """A page, with where the next one is."""
        cursor = None
        if page.following is not None:
            cursor = make_cursor(question_of(self._request), page.following)
            url = self._request.url.include_query_params(cursor=cursor)
            self.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return self.answer({**page.content, "next": cursor})


def _tags(header: str | None) -> set[str]:
    """The ETags listed; all of ours are weak, and a proxy may have dropped the mark."""
    if header is None:
        return set()
    return {f"W/{tag.strip().removeprefix('W/')}" for tag in header.split(",")}


def accounts_in(records: Collection[Record]) -> set[AccountId]:
    """Every account that these transactions post to."""
    return {
        posting.account
        for record in records
        if isinstance(record.event, TransactionPosted)
        for posting in record.event.postings
    }


def takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` header does."""
    for each in accepted.lower().split(","):
        name, _, parameters = each.partition(";")
        if name.strip() == "gzip":
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False

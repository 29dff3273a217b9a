"""Answer reads: with an ETag, the size that the answer reflects, a 304 if the reader has it, and a link to more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from api.documents.questions import Freshness, Page
from api.documents.shared import Content, SharedDocument
from api.http.dependencies import Access, describe_question, make_cursor, make_etag
from api.http.describing import JSON, LINES, F, describe
from api.http.fields import join_lines, read_entity_tags
from api.problems import NotModified
from api.services import Services
from api.shapes.json_text import dumps, dumps_long
from ledger.journal import Position, Size
from projections.reader import Built, Reading

READ_HEADERS = {"Cache-Control": "private, no-cache"}
FORMS = {"csv": "text/csv", "lines": LINES, "stream": "text/event-stream", "text": "text/plain"}


def answers_read(
    answer: Any, *raises: Any, paged: bool = False, sends: tuple[str, ...] = (), **forms: Any
) -> Callable[[F], F]:
    """Return the decorator that describes a route that answers as `Conditional` does. `forms`: other media types than
    JSON, by their names in `FORMS`, and their shapes."""
    return describe(
        raises=raises,
        takes=("If-None-Match",),
        sends=("ETag", "Ledger-Size", *(("Link",) if paged else ()), *sends),
        answer=({} if answer is None else {JSON: answer}) | {FORMS[name]: shape for name, shape in forms.items()},
    )


Parts = tuple[object, ...]
Opened = AbstractAsyncContextManager[Reading]
"""A reading that is opened when the block begins."""


class Conditional:
    """One read request, which may be answered by 304 Not Modified (RFC 9110 section 13.1.2)."""

    def __init__(self, request: Request, access: Access) -> None:
        self._request = request
        self._access = access
        self._has = read_entity_tags(join_lines(request, "if-none-match"))
        self.headers: dict[str, str] = dict(READ_HEADERS)

    async def wait(
        self, services: Services, *projections: str, fresh: Freshness, size: Size | None = None, parts: Parts = ()
    ) -> Built:
        """Return the size and generations of these read models, once they reflect what is asked for, and tag the answer
        with them and with `parts`. Raises NotModified where the caller has that answer.

        `size`: the answer is of an earlier size. The size of the read models is part of the tag all the same: names
        are those of today, and an answer with a text that was erased must not pass as unchanged.
        """
        built = await services.reader.wait(
            self._access.ledger,
            *projections,
            min_size=max(fresh.min_size, size or 0),
            timeout_seconds=fresh.timeout_seconds,
        )
        self.tag(built.size if size is None else size, *built.parts, *parts)
        return built

    async def answer_shared(
        self,
        services: Services,
        *projections: str,
        fresh: Freshness,
        make: Callable[[Opened], Awaitable[Content]],
        size: Size | None = None,
        parts: Parts = (),
    ) -> Response:
        """Return the answer that `make` makes from a reading of these read models. Raises NotModified.

        Callers who ask the same question at the same time, or at the same size, get the same document, unless they want
        one that is kept for nobody (`no-store`, RFC 9111 section 5.2.1.5). Not `no-cache`: browsers send that with
        every poll of a page that keeps no answers.
        """
        ledger = self._access.ledger
        built = await self.wait(services, *projections, fresh=fresh, size=size, parts=parts)
        erasures = await services.journal.count_erasures(ledger.serial)

        async def make_document() -> SharedDocument:
            found = [built]

            @asynccontextmanager
            async def opened() -> AsyncIterator[Reading]:
                async with services.reader.open(
                    ledger, *projections, timeout_seconds=fresh.timeout_seconds, after=built
                ) as reading:
                    found[:] = [reading.built]
                    yield reading

            content = await make(opened())
            return SharedDocument(found[0], erasures, content)

        if "no-store" in join_lines(self._request, "cache-control").lower():
            document = await make_document()
        else:
            question = make_etag(self._request, self._access, *parts)
            document = await services.documents.get(
                question, lambda each: each.satisfies(built, erasures), make_document
            )
        self.tag(document.built.size if size is None else size, *document.built.parts, *parts)
        headers = {**self.headers, **document.content.headers}
        return Response(document.content.content, headers=headers, media_type=document.content.media_type)

    def tag(self, size: Size, *parts: object, changed: Position | None = None) -> None:
        """Set the answer's ETag and the size that it reflects. Raises NotModified where the caller has it already.

        `changed`: for a resource that can be patched, the record that last changed it. `If-Match` compares only that.
        """
        etag = make_etag(self._request, self._access, size, *parts)
        if changed is not None:
            etag = etag.replace('"', f'"{changed}.', 1)
        self.headers |= {"ETag": etag, "Ledger-Size": str(size)}
        if etag[3:-1] in self._has:
            raise NotModified(self.headers)

    def answer(self, content: Any) -> Response:
        """Return the answer with this content."""
        return self.answer_bytes(dumps(content))

    def answer_bytes(self, content: bytes) -> Response:
        """Return the answer with this content, which is JSON already."""
        return Response(content, headers=self.headers, media_type="application/json")

    def make_page(self, page: Page) -> Content:
        """Return a page as content, with the place of the next one."""
        if page.following is None:
            return Content(dumps_long({**page.content, "next": None}))
        cursor = make_cursor(describe_question(self._request), page.following)
        link = link_to_next(self._request, cursor=cursor)
        return Content(dumps_long({**page.content, "next": cursor}), {"Link": link})


def link_to_next(request: Request, **place: object) -> str:
    """Return the Link header to the page at this place (RFC 8288).

    The server has decoded the path. In a header it is encoded again: else `#NUMBER` would begin a fragment, and some
    letters are not allowed in a header.
    """
    query = request.url.include_query_params(**place).query
    return f'<{quote(request.scope["path"], safe="/:")}?{query}>; rel="next"'

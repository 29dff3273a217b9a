"""Answers to reads: what they reflect, whether the reader has them already, and where the next page is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from api.documents.questions import Freshness, Page
from api.documents.shared import Content, SharedDocument
from api.http.dependencies import Access, etag_of, make_cursor, question_of
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
    """Describe a route that answers as `Conditional` does. `forms`: other media types than JSON, and their shapes, by
    the names that `FORMS` has."""
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
    """One reader's question, which may be answered by "you have that already" (RFC 9110 section 13.1.2)."""

    def __init__(self, request: Request, access: Access) -> None:
        self._request = request
        self._access = access
        self._has = read_entity_tags(join_lines(request, "if-none-match"))
        self.headers: dict[str, str] = dict(READ_HEADERS)

    async def wait(
        self, services: Services, *projections: str, fresh: Freshness, size: Size | None = None, parts: Parts = ()
    ) -> Built:
        """Return what these read models are made of, once they reflect what is asked for, and tag the answer with it
        and with `parts`. Raises NotModified where the caller has that answer.

        `size`: the answer is of an earlier size. What the read models reflect is part of the tag all the same: names
        are those of today, and a text that was erased must not live on as "unchanged".
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
        """Answer with what `make` makes of a reading of these read models. Callers who ask the same question at the
        same time, or at the same size, are given the same document, unless they want one of their own (`no-cache`, RFC
        9111 section 5.2.1.4). Raises NotModified."""
        ledger = self._access.ledger
        built = await self.wait(services, *projections, fresh=fresh, size=size, parts=parts)
        erasures = await services.journal.count_erasures(ledger.serial)

        async def made() -> SharedDocument:
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

        if "no-cache" in join_lines(self._request, "cache-control").lower():
            document = await made()
        else:
            question = etag_of(self._request, self._access, *parts)
            document = await services.documents.get(question, lambda each: each.satisfies(built, erasures), made)
        self.tag(document.built.size if size is None else size, *document.built.parts, *parts)
        headers = {**self.headers, **document.content.headers}
        return Response(document.content.content, headers=headers, media_type=document.content.media_type)

    def tag(self, size: Size, *parts: object, changed: Position | None = None) -> None:
        """Set what the answer reflects: its ETag and the size. Raises NotModified where the caller has it already.

        `changed`: for what can be patched, the record that last changed it; an `If-Match` insists on that alone.
        """
        etag = etag_of(self._request, self._access, size, *parts)
        if changed is not None:
            etag = etag.replace('"', f'"{changed}.', 1)
        self.headers |= {"ETag": etag, "Ledger-Size": str(size)}
        if etag[3:-1] in self._has:
            raise NotModified(self.headers)

    def answer(self, content: Any) -> Response:
        """The answer itself."""
        return self.answer_bytes(dumps(content))

    def answer_bytes(self, content: bytes) -> Response:
        """The answer itself, which is JSON already."""
        return Response(content, headers=self.headers, media_type="application/json")

    def page(self, page: Page) -> Content:
        """Return a page as content, with where the next one is."""
        if page.following is None:
            return Content(dumps_long({**page.content, "next": None}))
        cursor = make_cursor(question_of(self._request), page.following)
        link = link_to_next(self._request, cursor=cursor)
        return Content(dumps_long({**page.content, "next": cursor}), {"Link": link})


def link_to_next(request: Request, **place: object) -> str:
    """The Link header to the page at this place (RFC 8288). Servers decode a path before we see it; in a header it is
    encoded again, or `#NUMBER` would begin a fragment and other letters fit in no header."""
    query = request.url.include_query_params(**place).query
    return f'<{quote(request.scope["path"], safe="/:")}?{query}>; rel="next"'

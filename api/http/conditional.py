"""Answers to reads: what they reflect, whether the reader has them already, and where the next page is."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from api.documents.balances import Freshness, Page
from api.http.dependencies import Access, etag_of, make_cursor, question_of
from api.http.describing import JSON, LINES, F, describe
from api.http.fields import entity_tags, listed
from api.problems import NotModified
from api.services import Services
from api.shapes.json_text import dumps
from ledger.journal import Position, Size
from projections.checkpoints import Checkpoint

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


class Conditional:
    """One reader's question, which may be answered by "you have that already" (RFC 9110 section 13.1.2)."""

    def __init__(self, request: Request, access: Access) -> None:
        self._request = request
        self._access = access
        self._has = entity_tags(listed(request, "if-none-match"))
        self._built_from: tuple[object, ...] = ()
        self.headers: dict[str, str] = dict(READ_HEADERS)

    @property
    def conditional(self) -> bool:
        """Whether the reader has an answer."""
        return bool(self._has)

    async def build_from(self, services: Services, *projections: str) -> None:
        """What the answer takes from these too, besides the projection that says its size: how they are built now is
        part of the tag, for a rebuild may mend a figure and a name may arrive late. Called before anything is read, so
        that a tag is never newer than its answer."""
        found = [await services.reader.applied(self._access.ledger, each) for each in projections]
        self._built_from = tuple(map(_built, found))

    async def look(
        self, services: Services, projection: str, fresh: Freshness, *reflecting: object, pinned: Size | None = None
    ) -> None:
        """`check` before a snapshot is opened: most polls end here.

        Nothing is decided while the projection is behind what was asked for. `reflecting` as it will be checked again;
        `pinned`: the size that the answer will be of, whatever has been applied. What has been applied counts all the
        same: names are those of today, and a text that was erased must not live on as "unchanged".
        """
        now = await services.reader.applied(self._access.ledger, projection)
        if now.applied >= max(fresh.min_size, pinned or 0):
            self.check(now.applied if pinned is None else pinned, now.generation, now.applied, *reflecting)

    def check(self, size: Size, *reflecting: object, changed: Position | None = None) -> None:
        """Say what the answer reflects. Raises NotModified where the reader has it already.

        `changed`: for what can be patched, the record that last changed it; an `If-Match` insists on that alone.
        """
        etag = etag_of(self._request, self._access, size, *self._built_from, *reflecting)
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

    def page(self, page: Page) -> Response:
        """A page, with where the next one is."""
        cursor = None
        if page.following is not None:
            cursor = make_cursor(question_of(self._request), page.following)
            self.headers["Link"] = link_to_next(self._request, cursor=cursor)
        return self.answer({**page.content, "next": cursor})


def _built(at: Checkpoint) -> tuple[object, ...]:
    return at.projection, at.generation, at.applied


def link_to_next(request: Request, **place: object) -> str:
    """The Link header to the page at this place (RFC 8288). Servers decode a path before we see it; in a header it is
    encoded again, or `#NUMBER` would begin a fragment and other letters fit in no header."""
    query = request.url.include_query_params(**place).query
    return f'<{quote(request.scope["path"], safe="/:")}?{query}>; rel="next"'

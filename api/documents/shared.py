"""Documents that are made once for everybody who asks the same question.

A document answers a request only if it reflects what the read models reflected after the request arrived. So a reader
first looks at their checkpoints; a document of that size, or a newer one, is then as good as one of its own. What is
under way is waited for, and made again if it turns out too old. Only the newest document of a question is kept.

An erased text is gone at once, although the read models hear of it a moment later: a document is not given any more as
soon as its ledger has a newer erasure.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from projections.reader import Built

KEPT_BYTES_MAX = 32 * 1024 * 1024
"""Of the documents that a process keeps; those that were asked for last."""
DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
"""A longer document is given to those who wait for it, and not kept."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a document says: bytes, and headers of its own."""

    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class SharedDocument:
    """Content, what it was made of, and how many erasures the ledger had then."""

    built: Built
    erasures: int
    content: Content

    def satisfies(self, built: Built, erasures: int) -> bool:
        """Return whether it is as new as one that would be made of these."""
        same_rows = self.built.generations == built.generations and self.built.size >= built.size
        return same_rows and self.erasures == erasures


@dataclass(slots=True)
class _Making:
    """A document that is being made, and how many wait for it."""

    task: "asyncio.Task[SharedDocument]"
    waiting: int = 0


class SharedDocuments:
    """The newest document of each question that was asked lately, and those being made."""

    def __init__(self) -> None:
        self._kept: dict[str, SharedDocument] = {}
        """The one that was asked for last comes last."""
        self._bytes = 0
        self._making: dict[str, _Making] = {}

    async def get(
        self, question: str, satisfies: Callable[[SharedDocument], bool], make: Callable[[], Awaitable[SharedDocument]]
    ) -> SharedDocument:
        """Return a document that satisfies, made by `make` where there is none.

        Raises what `make` raised, also to those who waited for it: one question is asked in vain once, not once for
        each of them.
        """
        while True:
            kept = self._kept.get(question)
            if kept is not None and satisfies(kept):
                self._keep(question, kept)
                return kept
            making = self._making.get(question)
            if making is None:
                return await self._wait(question, self._begin(question, make))
            found = await self._wait(question, making)
            if satisfies(found):
                return found

    def _begin(self, question: str, make: Callable[[], Awaitable[SharedDocument]]) -> _Making:
        async def run() -> SharedDocument:
            try:
                made = await make()
            finally:  # at once: one that is done must not be waited for
                self._forget(question, making)
            self._keep(question, made)
            return made

        making = self._making[question] = _Making(asyncio.create_task(run(), name="document"))
        making.task.add_done_callback(lambda task: task.cancelled() or task.exception())  # it is told to all who wait
        return making

    def _forget(self, question: str, making: _Making) -> None:
        if self._making.get(question) is making:
            del self._making[question]

    async def _wait(self, question: str, making: _Making) -> SharedDocument:
        """Return what is made. It is not finished for nobody: the last one who leaves ends it."""
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)
        finally:
            making.waiting -= 1
            if not making.waiting and not making.task.done():
                making.task.cancel()
                self._forget(question, making)

    def _keep(self, question: str, document: SharedDocument) -> None:
        before = self._kept.pop(question, None)
        self._bytes -= 0 if before is None else len(before.content.content)
        if len(document.content.content) > DOCUMENT_BYTES_MAX:
            return
        self._kept[question] = document
        self._bytes += len(document.content.content)
        while self._bytes > KEPT_BYTES_MAX:
            oldest = next(iter(self._kept))
            self._bytes -= len(self._kept.pop(oldest).content.content)

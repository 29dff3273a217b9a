"""Answers given lately, by their ETags.

An ETag names all that an answer depends on. So to whoever could be told "you have that already" the same bytes may be
given again, whoever they are: what they may see has been looked at before, and their role is part of the ETag.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

ANSWERS_MAX = 4_096
ANSWER_BYTES_MAX = 8 * 1024
"""So that all of them together take no more than 32 MiB."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and its headers."""

    body: bytes
    headers: Mapping[str, str]


class Answers:
    """The answers used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Answer] = OrderedDict()

    def get(self, etag: str) -> Answer | None:
        """The answer with this ETag, while it is kept."""
        found = self._kept.get(etag)
        if found is not None:
            self._kept.move_to_end(etag)
        return found

    def keep(self, etag: str, answer: Answer) -> None:
        """Keep a small answer; the one that has been unused for longest goes."""
        if len(answer.body) > ANSWER_BYTES_MAX:
            return
        self._kept[etag] = answer
        if len(self._kept) > ANSWERS_MAX:
            self._kept.popitem(last=False)

"""Answers given lately, by their ETags.

An ETag names all that an answer depends on. So to whoever could be told "you have that already" the same bytes may be
given again, whoever they are: what they may see has been looked at before, and their role is part of the ETag.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.journal import Size

ANSWERS_MAX = 4_096
ANSWER_BYTES_MAX = 8 * 1024
"""So that all of them together take no more than 32 MiB."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and its headers."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(slots=True)
class _OfLedger:
    size: Size
    answers: dict[str, Answer] = field(default_factory=dict)


class Answers:
    """Answers about ledgers as they are now. What was said of a ledger before it grew nobody can be given any more: it
    goes, and with it names that were erased since."""

    def __init__(self) -> None:
        self._kept: dict[str, _OfLedger] = {}
        """By ledger; the one that grew last is the last."""
        self._count = 0

    def get(self, ledger: str, etag: str) -> Answer | None:
        """The answer with this ETag, while it is kept."""
        found = self._kept.get(ledger)
        return None if found is None else found.answers.get(etag)

    def keep(self, ledger: str, size: Size, etag: str, answer: Answer) -> None:
        """Keep a small answer that reflects a ledger of this size. Where there are too many, those about the ledger go
        that has not grown for longest."""
        found = self._kept.get(ledger)
        if found is not None and found.size > size:
            return
        if found is None or found.size < size:
            self._forget(ledger)
            found = self._kept[ledger] = _OfLedger(size)
        if len(answer.body) <= ANSWER_BYTES_MAX and etag not in found.answers:
            found.answers[etag] = answer
            self._count += 1
        while self._count > ANSWERS_MAX:
            self._forget(next(iter(self._kept)))

    def _forget(self, ledger: str) -> None:
        found = self._kept.pop(ledger, None)
        self._count -= 0 if found is None else len(found.answers)

"""What the service answers about itself: its addresses, its health and its kinds of problems."""

from typing import (
    Literal,  # pydantic needs these before Python 3.12
)

from typing_extensions import TypedDict


class AboutOut(TypedDict):
    """What this service is, and links."""

    name: str
    version: str
    docs: str
    redoc: str
    openapi: str
    problems: str
    health: str
    ready: str


class KindOut(TypedDict):
    """A kind of problem."""

    type: str
    code: str
    status: int
    title: str
    when: list[str]
    to_do: str
    facts: list[str]


class KindsOut(TypedDict):
    """All kinds of problems."""

    problems: list[KindOut]
    next: None


class HealthOut(TypedDict):
    """The service runs."""

    status: Literal["ok"]
    version: str


class LiveOut(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class ReadyOut(TypedDict):
    """Whether the service is ready for work: `ok`, or the first entry of `troubles`."""

    status: str
    troubles: list[str]

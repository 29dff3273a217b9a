"""Sign-in and sessions as requests and answers have them."""

from typing import Annotated

from pydantic import StringConstraints
from typing_extensions import TypedDict

from api import wording
from api.shapes.values import Body


class Credentials(Body):
    """A username and a password."""

    username: Annotated[str, StringConstraints(pattern=wording.USERNAME)]
    password: str


class UserOut(TypedDict):
    """A user."""

    id: str
    username: str


class SessionOut(TypedDict):
    """Who is signed in."""

    user: UserOut


class SignedInOut(SessionOut):
    """A new session. The cookie has its token too."""

    token: str
    expires_at: str

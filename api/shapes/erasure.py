"""The request to erase texts, of a transaction or of an account."""

from typing import Annotated

from pydantic import StrictBool, StringConstraints

from api import wording
from api.shapes.values import Body, Line, LineOrNone


class ErasureIn(Body):
    """Why texts are erased."""

    reason: Annotated[Line, StringConstraints(pattern=wording.NOT_BLANK)]
    basis: LineOrNone = None
    force: StrictBool = False

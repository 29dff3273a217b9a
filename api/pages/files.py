"""The files that pages are made of: styles and scripts, ours and those that come with the package."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_FILES = {
    "docs.js": "docs.js",
    "redoc.js": "redoc.js",
    "site.css": "site.css",
    "swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui/swagger-ui.css",
    "redoc.standalone.js": "redoc/redoc.standalone.js",
}
"""What is served, by name, and where it lies."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served; `packed` is the same in gzip."""

    media_type: str
    content: bytes
    packed: bytes
    etag: str


@cache
def find_asset(name: str) -> Asset | None:
    """Return the file of this name; None: there is none. It is read and packed once."""
    if name not in _FILES:
        return None
    file = FOLDER / _FILES[name]
    content = file.read_bytes()
    tag = sha256(content).hexdigest()[:24]
    return Asset(_KINDS[file.suffix], content, gzip.compress(content, 6, mtime=0), f'W/"{tag}"')

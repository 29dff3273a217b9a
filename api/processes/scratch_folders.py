"""Scratch folders: made for the time of a block, and removed at a later start where a killed process left one behind.

The owner of a folder holds a lock on it, which the system releases when the process ends, however it ends. A folder of
ours that can be locked has therefore no owner. systemd-tmpfiles leaves a locked folder alone, too.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PREFIX = "llmedger-scratch-"
"""No folder that somebody else made, or a user named, begins so: it may be removed."""


@contextmanager
def make_scratch_folder(purpose: str) -> Iterator[Path]:
    """Yield a new folder in the system's temporary folder, and remove it afterwards. Raises OSError."""
    folder, lock = _make(purpose)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_leftovers() -> None:
    """Remove the scratch folders of this user's processes that ended without removing them. Does nothing on Windows,
    which has no such locks."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
            lock = _lock(folder) if _is_ours(folder) else None
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.geteuid()


def _make(purpose: str) -> tuple[Path, int]:
    """Make a new folder, and return it with the descriptor that locks it. Before it is locked, another process may take
    it for a leftover: then another one is made."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-"))
        lock = _lock(folder)
        if lock is not None:
            return folder, lock


def _lock(folder: Path) -> int | None:
    """Return a descriptor that locks the folder; None: another process locks it, or it is gone."""
    if sys.platform == "win32":
        return os.open(os.devnull, os.O_RDONLY)
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if folder.exists():  # else whoever removed it held the lock until now
            return lock
    os.close(lock)
    return None

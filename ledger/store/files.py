"""SQLite files as the file system has them: what keeps SQLite from writing, and whether one can be read anyway."""

import os
from pathlib import Path

ROOM_BYTES_MIN = 64 * 1024
"""A disk with less room than this is full: SQLite's write-ahead log grows by a few pages with each write."""


def find_obstacle(file: Path) -> str | None:
    """Return why SQLite cannot write to a file that is there, in words; None: the file system allows it.

    In a folder that cannot be written to it cannot even read: it makes files of its own beside the database.
    """
    folder = file.absolute().parent
    if not file.exists():
        return None
    if not os.access(file, os.R_OK):
        return f"this user may not read {file}"
    if not os.access(folder, os.W_OK):
        return f"the folder {folder} is read-only for this user"
    if not os.access(file, os.W_OK):
        return f"the file {file} is read-only for this user"
    return None


def is_sealed(file: Path) -> bool:
    """Tell whether the file is whole in itself, in a folder that cannot be written to, as on a read-only mount."""
    folder = file.absolute().parent
    if not file.exists() or not os.access(file, os.R_OK) or os.access(folder, os.W_OK):
        return False
    logs = [file.with_name(f"{file.name}{ending}") for ending in ("-wal", "-journal")]
    return not any(log.exists() and log.stat().st_size for log in logs)


def is_disk_full(file: Path) -> bool:
    """Tell whether there is no room left where the file lies."""
    try:
        room = os.statvfs(file.absolute().parent)
    except OSError:  # connecting says more
        return False
    return room.f_bavail * room.f_frsize < ROOM_BYTES_MIN

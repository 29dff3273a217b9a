"""How much memory this process uses: the last limit, whatever a source makes an audit hold."""

import os
import sys
from pathlib import Path

MEBIBYTE = 1024 * 1024
_STATM = Path("/proc/self/statm")


def read_used_bytes() -> int:
    """Return the memory in use now, or where only that is known, the most that was ever in use; 0 where nothing is
    known."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return 0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024

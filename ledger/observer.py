"""What an observer hears of: submitted commands, committed records, refusals, followed records, answered requests.

Metrics and traces subscribe here. Calls come on the event loop, after the fact: an observer must not wait, and must not
raise. Nothing depends on what it does. The one below does nothing.
"""


class Observer:
    """Hears what happens, and does nothing. Override what you need."""

    def submitted(self, ledger: str, commands: int) -> None:
        """Hear that so many commands for the ledger with this UUID wait to be decided."""

    def committed(self, ledger: str, records: int, seconds: float) -> None:
        """Hear that so many records are durable, and how long their batch took from its lock to its commit."""

    def refused(self, ledger: str, code: str) -> None:
        """Hear that the ledger refused a command, with the code of the refusal."""

    def followed(self, sink: str, ledger: int, records: int, lag: int) -> None:
        """Hear that a sink took so many records of the ledger with this serial, and how many it still has to take."""

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Hear that a request was answered. `route` is the template of its path; empty where no route matched."""


SILENT = Observer()

"""How a server logs: one event a line on the error output, as text for people or as JSON for programs.

Nobody can make a line of their own: what a caller sends is shown without its control characters.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from api.settings import Settings

TEXT = "%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s"
NAMES = {"uvicorn.error": "uvicorn"}
"""Loggers that are called after what they are not: uvicorn tells there that it starts and stops."""


def configure_logging(settings: Settings) -> None:
    """Log as the settings say, from now on."""
    output = logging.StreamHandler(sys.stderr)
    output.addFilter(_rename)
    output.setFormatter(_json() if settings.log_format == "json" else OneLine(TEXT))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[output], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _rename(record: logging.LogRecord) -> bool:
    record.name = NAMES.get(record.name, record.name)
    return True


class OneLine(logging.Formatter):
    """A line of text an event; a traceback follows on lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        if not record.message.isprintable():
            record.message = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in record.message)
        return super().formatMessage(record)


def _json() -> logging.Formatter:
    """Return a JSON object an event: time, level, process, logger, message, and of a request its own members."""
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _add_members,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ]
    )


def _add_members(_logger: Any, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record: logging.LogRecord = event["_record"]
    return {**event, "process": record.process, **getattr(record, "members", {})}

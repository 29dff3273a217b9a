"""HTTP/1.1 as uvicorn speaks it with httptools, within limits."""

import logging
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import problems
from api.app import CONTENT_POLICY, HEADER_BYTES_MAX, HEADER_FIELDS_MAX, SECURITY_HEADERS
from ledger.sequencer import new_uuid

access_log = logging.getLogger("api.access")

HEAD_BYTES_MAX = 64 * 1024
"""Of request line and headers before they are whole; the app looks at them again when they are."""
LINGER_SECONDS = 5


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's protocol with a limit on a request's head, which its parser would otherwise collect without end. What
    never becomes a request is refused as any other: by a problem document with an id, which the log has too."""

    _reads_head = True
    _head_bytes = 0
    _refused = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reads_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._reads_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return  # closing at once, with bytes unread, would take the answer back from whoever still sends
        super().data_received(data)
        if not self._reads_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refused = True
            self.transport.write(_refusal(problems.HeadersTooLarge(fields=HEADER_FIELDS_MAX, octets=HEADER_BYTES_MAX)))
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
            if self.transport.can_write_eof():
                self.transport.write_eof()

    def send_400_response(self, msg: str) -> None:
        self.transport.write(_refusal(problems.MalformedRequest()))
        self.transport.close()


def _refusal(error: problems.RequestRefused) -> bytes:
    """The whole answer to what has no request yet."""
    request_id = new_uuid()
    headers = {"Connection": "close", "X-Request-Id": request_id, **SECURITY_HEADERS}
    headers["Content-Security-Policy"] = CONTENT_POLICY
    response = problems.problem_response(problems.problem(error), headers)
    status = HTTPStatus(response.status_code)
    access_log.info("? ? %d %s", status, request_id)
    head = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in response.raw_headers)
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode() + bytes(response.body)

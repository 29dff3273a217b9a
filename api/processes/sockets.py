"""The address that the service listens on: taken before anything is started, and released however the block ends."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

BACKLOG = 2_048
"""Connections that the system keeps waiting until a process accepts them."""
ANY_IPV6 = "::"

_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class CannotListen(Exception):
    """The service cannot listen where the settings say; the text is the sentence for the operator."""

    exit_code = 5


@contextmanager
def open_sockets(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Yield the sockets that listen on every address of `host`. Raises CannotListen."""
    with ExitStack() as stack:
        sockets, missing = [], None
        for family, address in _addresses(host, port):
            try:
                sockets.append(stack.enter_context(_listen(family, address)))
            except OSError as error:
                missing = CannotListen(_sentence(error, host, port))
                if error.errno not in _NO_SUCH_ADDRESS:
                    raise missing from None
        if missing is not None and not sockets:  # a name may have an IPv6 address where the system has no IPv6
            raise missing
        yield sockets


def make_url(host: str, port: int) -> str:
    """Return the URL at which the service answers; an IPv6 address stands in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise CannotListen(_no_such_address(host)) from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listen(family: socket.AddressFamily, address: tuple[object, ...]) -> socket.socket:
    both = family is socket.AF_INET6 and address[0] == ANY_IPV6 and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=both)


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use by another program: stop that program, or set LEDGER_PORT."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"This user may not listen on port {port} of {host}: set LEDGER_PORT to a port above 1023."
    if error.errno in _NO_SUCH_ADDRESS:
        return _no_such_address(host)
    return (
        f"The service cannot listen on {make_url(host, port)}: {error.strerror}. Look at LEDGER_HOST and LEDGER_PORT."
    )


def _no_such_address(host: str) -> str:
    return f"This machine has no address {host!r}: set LEDGER_HOST to one that it has, like 127.0.0.1 or 0.0.0.0."

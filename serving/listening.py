"""Sockets to be heard on."""

import ipaddress
import socket

from refrain.errors import UsageError


def bound(host: str, port: int) -> socket.socket:
    """A socket with an address of its own, where nobody is heard yet. Raises UsageError where that cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise UsageError(
            f"Nothing can listen on {host} port {port}: {error.strerror or error}.", hint="Choose another --port."
        ) from None
    return listening


def heard_here_only(listening: socket.socket) -> bool:
    """Whether only this machine can reach a socket."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def address_of(listening: socket.socket, host: str) -> str:
    """Where a socket is reached, as it is typed into a browser."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"

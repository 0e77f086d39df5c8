"""TCP ports of the loopback interface, bound from the moment they are reserved."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def reserve(port: int = 0) -> socket.socket:
    """Bind ``port`` (0: any free one) and return the socket, which does not listen yet; a server gets or inherits it.

    Raises OSError if the port is taken or needs more rights.
    """
    reserved = socket.socket()
    # As servers do: connections that were closed a moment ago do not hold the port.
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((HOST, port))
    except OSError:
        reserved.close()
        raise
    return reserved


def port_of(reserved: socket.socket) -> int:
    return int(reserved.getsockname()[1])

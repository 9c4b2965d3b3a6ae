"""Ends a conversation in time, whatever library holds it: its connection is shut, and who waits for a byte hears so.

A library's own time-outs count anew with each byte, so that a server which drips them is waited for without end.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from orchestrator.adapters.network.limit import STOP_POLL_US, Limit


@contextmanager
def cut_in_time(twin: socket.socket, *, limit: Limit) -> Iterator[None]:
    """Within the block, a connection is shut when its limit is reached; after it, the caller asks `limit.fault`.

    Args:
        twin: A duplicate of the connection, made before TLS took the original (`socket.dup`): what is done to one is
            done to both.
        limit: When the wait is over.
    """
    over = Event()
    watching = Thread(target=_watch, args=(twin, limit, over), daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def _watch(twin: socket.socket, limit: Limit, over: Event) -> None:
    while not over.wait(min(STOP_POLL_US, limit.left_us) / 1_000_000):
        if limit.fault:
            with suppress(OSError):  # It was closed meanwhile.
                twin.shutdown(socket.SHUT_RDWR)
            return

"""Why Redis did not answer, in fixed short words: never its own text, which quotes names and values."""

import re

from redis import exceptions

from orchestrator.adapters.network.faults import fault_of_network

# The more particular error before the one that it is a kind of.
_BY_KIND: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.BusyLoadingError, "loading its data"),
    (exceptions.AuthenticationError, "authentication refused"),
    (exceptions.NoPermissionError, "permission denied"),
    (exceptions.ReadOnlyError, "read-only replica"),
    (exceptions.OutOfMemoryError, "memory full"),
    (exceptions.TimeoutError, "timeout"),
    (exceptions.ConnectionError, "connection lost"),
    (exceptions.InvalidResponse, "not this protocol"),
)
_BY_CODE = {
    "MISCONF": "disk full or not writable",
    "WRONGTYPE": "a key of another type",
    "MASTERDOWN": "replica without its primary",
    "NOAUTH": "authentication refused",
    "NOREPLICAS": "not enough replicas",
    "MOVED": "another node of a cluster has it",
    "ERR": "command refused",
}
_CODE = re.compile(r"[A-Z]+")


def fault_of(error: Exception) -> str:
    """The words for an error of the driver: the network's where it was the network's."""
    for kind, words in _BY_KIND:
        if isinstance(error, kind):
            return words
    match error:
        case exceptions.ResponseError():
            code = _CODE.match(str(error))
            return _BY_CODE.get(code[0] if code else "", "command refused")
        case OSError() | EOFError():
            return fault_of_network(error)
        case _:
            return "not this protocol"

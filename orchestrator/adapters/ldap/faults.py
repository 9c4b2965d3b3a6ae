"""Why a directory did not do what it was asked, in fixed short words: its own text may quote names and values.

Source of the numbers: RFC 4511, section 4.1.9.
"""

from orchestrator.adapters.network.faults import fault_of_network

SUCCESS = 0
REFERRAL = 10
NO_SUCH_OBJECT = 32
INVALID_CREDENTIALS = 49
INSUFFICIENT_ACCESS = 50
UNWILLING = 53

_BY_RESULT = {
    1: "operations error",
    2: "not this protocol",
    3: "timeout",
    4: "more entries than the server gives",
    8: "a stronger authentication is needed",
    REFERRAL: "another server has it",
    11: "more than the server's limits allow",
    12: "an extension that the server does not know",
    13: "TLS is needed",
    17: "an attribute that the server does not know",
    18: "the filter does not fit the attribute",
    19: "a value that the server does not allow",
    21: "a value that is none",
    NO_SUCH_OBJECT: "no such entry",
    34: "not a name of an entry",
    48: "authentication refused",
    INVALID_CREDENTIALS: "authentication refused",
    INSUFFICIENT_ACCESS: "permission denied",
    51: "the server is busy",
    52: "the server is not available",
    UNWILLING: "the server is unwilling",
    64: "a name that the server does not allow",
    65: "an entry that the schema does not allow",
    68: "it is there already",
    80: "error of the server",
}


def fault_of_result(code: int) -> str:
    """The words for a result code."""
    return _BY_RESULT.get(code, f"result {code}")


def fault_of(error: Exception) -> str:
    """The words for an error of the library: the network's where it was the network's."""
    cause = error.__cause__ or error.__context__ or error
    return fault_of_network(cause) if isinstance(cause, OSError | EOFError) else "connection lost"

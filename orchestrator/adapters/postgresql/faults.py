"""Why a server did not answer, in fixed short words: never its own text, which may quote names, values or passwords."""

from orchestrator.adapters.network.faults import NoAnswerError

__all__ = ["NoAnswerError", "fault_of_state", "fault_of_text"]

_BY_STATE = {
    "08P01": "protocol violation",
    "22P02": "invalid value",
    "25001": "not allowed within the transaction",
    "25006": "read-only transaction",
    "28000": "authentication refused",
    "28P01": "authentication refused",
    "3D000": "database does not exist",
    "42501": "permission denied",
    "42601": "syntax error",
    "42703": "column does not exist",
    "42883": "function does not exist",
    "42P01": "table does not exist",
    "3F000": "schema does not exist",
    "53100": "disk full",
    "53300": "too many connections",
    "55P03": "lock not available",
    "57014": "timeout",
    "57P01": "shutting down",
    "57P02": "crash shutdown",
    "57P03": "not accepting connections",
    "XX001": "data corrupted",
    "XX002": "index corrupted",
}

# libpq gives no SQLSTATE for a connection that failed. Its own words are English; the server's may be in its language.
_BY_TEXT = (
    ("connection refused", "connection refused"),
    ("no such file or directory", "connection refused"),
    ("session is read-only", "read-only server"),
    ("in hot standby mode", "read-only server"),
    ("could not translate host name", "name not resolved"),
    ("no route to host", "host unreachable"),
    ("network is unreachable", "host unreachable"),
    ("no password supplied", "authentication refused"),
    ("authentication failed", "authentication refused"),
    ("starting up", "not accepting connections"),
    ("shutting down", "not accepting connections"),
    ("not yet accepting", "not accepting connections"),
    ("too many clients", "too many connections"),
    ("remaining connection slots", "too many connections"),
    ("closed the connection unexpectedly", "connection lost"),
    ("connection reset", "connection lost"),
    ("broken pipe", "connection lost"),
    ("certificate", "certificate refused"),
    ("timeout", "timeout"),
    ("timed out", "timeout"),
)

_LOST_CONNECTION = "connection lost"


def fault_of_state(state: str | None) -> str:
    """The words for a SQLSTATE; without one, the connection is what broke."""
    if not state:
        return _LOST_CONNECTION
    return _BY_STATE.get(state, f"error {state}")


def fault_of_text(message: str) -> str:
    """The words for what libpq says of a connection that failed."""
    lowered = message.lower()
    return next((words for sign, words in _BY_TEXT if sign in lowered), "connection failed")

"""Why MariaDB or MySQL did not answer, in fixed short words: never its own text, which quotes names and values."""

import pymysql

from orchestrator.adapters.network.faults import fault_of_network

_BY_NUMBER = {
    1021: "disk full",
    1034: "index corrupted",
    1040: "too many connections",
    1044: "permission denied",
    1045: "authentication refused",
    1049: "database does not exist",
    1053: "shutting down",
    1054: "column does not exist",
    1062: "it is there already",
    1064: "syntax error",
    1114: "disk full",
    1129: "host blocked by the server",
    1130: "authentication refused",
    1142: "permission denied",
    1143: "permission denied",
    1146: "table does not exist",
    1194: "data corrupted",
    1203: "too many connections",
    1205: "lock not available",
    1213: "lock not available",
    1227: "permission denied",
    1290: "read-only server",
    1305: "function does not exist",
    1370: "permission denied",
    1698: "authentication refused",
    1712: "index corrupted",
    1792: "read-only transaction",
    1836: "read-only server",
    1862: "authentication refused",
    1927: "connection lost",
    1932: "data corrupted",
    1969: "timeout",
    2006: "connection lost",
    2013: "connection lost",
    3024: "timeout",
}


def fault_of(error: Exception) -> str:
    """The words for an error of the driver: the network's where it was the network's."""
    # The driver puts what happened while it connected there, under one number of its own for all of it.
    error = getattr(error, "original_exception", error)
    match error:
        case OSError() | EOFError():
            return fault_of_network(error)
        case pymysql.MySQLError(args=(int() as number, *_)):
            return _BY_NUMBER.get(number, f"error {number}")
        case _:
            return "not this protocol"

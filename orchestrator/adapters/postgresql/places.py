"""The servers that a connection string names, one by one. Pure: connecting is `session`."""

from psycopg import Error
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from orchestrator.errors import ProbeError

_PER_HOST = ("host", "hostaddr", "port")
_DEFAULT_PORT = 5432


def split_places(dsn: str) -> tuple[str, ...]:
    """One connection string for each server that `host=a,b` names, in its order.

    libpq would try them itself, but it spends a whole time-out on the first one where that is silent; each gets a
    share of the time instead.

    Raises:
        ProbeError: It is not a connection string, or its lists do not fit together. The message does not repeat it.
    """
    options = _parsed(dsn)
    lists = {key: str(options[key]).split(",") for key in _PER_HOST if options.get(key)}
    count = max((len(values) for values in lists.values()), default=1)
    if any(len(values) not in (1, count) for values in lists.values()):
        raise ProbeError("a connection string names several hosts, but not as many ports or addresses")
    rest = {key: value for key, value in options.items() if key not in _PER_HOST}
    return tuple(
        make_conninfo("", **rest | {key: values[index % len(values)] for key, values in lists.items()})
        for index in range(count)
    )


def endpoints(dsn: str) -> tuple[tuple[str, int], ...]:
    """Host and port of every server that a connection string names: what the guard compares with the plan's hosts.

    Raises:
        ProbeError: It is not a connection string.
    """
    places = (_parsed(place) for place in split_places(dsn))
    return tuple(
        (str(place.get("hostaddr") or place.get("host") or ""), int(place.get("port") or _DEFAULT_PORT))
        for place in places
    )


def _parsed(dsn: str) -> dict[str, str | int | None]:
    try:
        return dict(conninfo_to_dict(dsn))
    except Error as error:
        # libpq's message may quote a part of it, a password included: it goes no further than the cause.
        raise ProbeError("this is not a PostgreSQL connection string") from error

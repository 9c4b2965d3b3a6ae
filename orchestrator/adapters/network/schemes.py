"""The schemes of the URLs that probes, watches and canaries ask, each with the port where a URL names none."""

PORTS = {
    "http": 80,
    "https": 443,
    "ldap": 389,
    "ldaps": 636,
    "mysql": 3306,
    "redis": 6379,
    "rediss": 6379,
}


def ports_of(*schemes: str) -> dict[str, int]:
    """The part of the table that one protocol knows."""
    return {scheme: PORTS[scheme] for scheme in schemes}

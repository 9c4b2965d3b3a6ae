"""The library ldap3, imported in one place."""

import warnings

with warnings.catch_warnings():
    # Version 2.9.1 asks pyasn1 for deprecated names while it is imported: nothing that a user can act on.
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3 import ANONYMOUS, BASE, LEVEL, NONE, SIMPLE, SUBTREE, Connection, Server
    from ldap3.core.exceptions import LDAPExceptionError, LDAPInvalidFilterError
    from ldap3.operation.search import parse_filter

__all__ = [
    "ANONYMOUS",
    "BASE",
    "LEVEL",
    "NONE",
    "SIMPLE",
    "SUBTREE",
    "Connection",
    "LDAPExceptionError",
    "LDAPInvalidFilterError",
    "Server",
    "parse_filter",
]

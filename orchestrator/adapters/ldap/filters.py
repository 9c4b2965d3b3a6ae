"""Whether a text is a filter of LDAP, told before anybody is asked. Pure."""

from orchestrator.adapters.ldap.library import LDAPExceptionError, parse_filter


def checked_filter(text: str) -> str:
    """The text, where it is a filter as RFC 4515 writes it.

    Raises:
        ValueError: It is none.
    """
    try:
        parse_filter(text, None, auto_escape=True, auto_encode=False, validator=None, check_names=False)  # type: ignore[no-untyped-call]
    except (LDAPExceptionError, ValueError, LookupError) as error:
        raise ValueError("is no filter: write such as (objectClass=person)") from error
    return text

"""Asks a directory: whether an account is let in, how many entries filters find, and a digest of what is in them."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field, field_validator

from orchestrator.adapters.ldap.faults import (
    INSUFFICIENT_ACCESS,
    INVALID_CREDENTIALS,
    NO_SUCH_OBJECT,
    UNWILLING,
)
from orchestrator.adapters.ldap.filters import checked_filter
from orchestrator.adapters.ldap.session import Entry, RefusedError, Scope, Session
from orchestrator.adapters.ldap.source import LdapSource, only_place
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
from orchestrator.adapters.probes.erased import KEY, ErasedProbe, Ledger
from orchestrator.adapters.probes.evident import evident
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Answer, Probe, Stop
from orchestrator.errors import ProbeError

_NOT_LET_IN = (48, INVALID_CREDENTIALS, INSUFFICIENT_ACCESS, UNWILLING)
# An equality of a filter: its attribute, and the place where the ids of a ledger go.
_ERASED = re.compile(r"\(([A-Za-z][A-Za-z0-9-]*)=\{erased\}\)")
_NOTHING_SHOWN = (NO_SUCH_OBJECT, INSUFFICIENT_ACCESS)


class LdapQuestion(LdapSource):
    """The `with` of the probe. Without `base` it only logs in.

    `counts`: a filter for each name, of which the number of entries is told. `attributes`: what the digest is made of,
    all that users keep (`*`) where nothing is said, and those of the server by their names. `values`: a name for each
    attribute that may be evidence, of the only entry that `filter` finds: never one that tells of a person.
    `references`: attributes that name entries, of which it is told how many there are and how many lead to none. With
    `erased: {host, path}`, a ledger of erasures, each count asks about everybody in it: `(uid={erased})`.
    """

    base: str | None = None
    scope: Scope = "subtree"
    filter: str = "(objectClass=*)"
    exclude: str | None = None
    attributes: tuple[str, ...] = Field(default=("*",), min_length=1)
    counts: dict[str, str] = {}
    references: tuple[str, ...] = ()
    values: dict[str, str] = {}

    @field_validator("filter")
    @classmethod
    def _is_a_filter(cls, text: str) -> str:
        return checked_filter(text)

    @field_validator("counts")
    @classmethod
    def _are_filters(cls, counts: dict[str, str]) -> dict[str, str]:
        return {name: checked_filter(text) for name, text in counts.items()}


class LdapProbe:
    """`bound`, and with a base `entries`, `digest`, and what else is asked for. No name of an entry leaves.

    That the server does not let the account in, or shows it nothing, is an answer: `bound: false`, `entries: 0`.
    """

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(LdapQuestion, question, probe="ldap")
        limit = limit_of(timeout_us, stop=stop)
        try:
            with asked.connected(only_place(asked), limit=limit) as session:
                bound = _is_let_in(session, limit=limit)
                found = _found(session, asked, limit=limit) if bound and asked.base is not None else {}
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        return Answer(answered=True, values={"bound": bound, **found})


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return ErasedProbe(LdapProbe(), connections=connections, fill=about_erased)


def about_erased(question: Mapping[str, Any], ledger: Ledger) -> dict[str, Any]:
    """The question without the ledger's place, with its ids in every count. Pure.

    Raises:
        ProbeError: A count asks about nobody in the ledger, so that its answer would prove nothing.
    """
    asked = {key: value for key, value in question.items() if key != KEY}
    counts = asked.get("counts")
    if not isinstance(counts, Mapping) or not counts:
        raise ProbeError("erased: nobody is counted", hint="give counts: {present: (uid={erased})}")
    return {**asked, "counts": {name: _filled(name, str(text), ledger) for name, text in counts.items()}}


def _filled(name: str, text: str, ledger: Ledger) -> str:
    if _ERASED.search(text) is None:
        raise ProbeError(f"{name}: asks about nobody in the ledger", hint="write (uid={erased}), or count it apart")
    # An id has nothing in it that a filter would take for something else.
    each = dict.fromkeys(ledger.ids)
    return _ERASED.sub(lambda found: f"(|{''.join(f'({found[1]}={one})' for one in each)})", text)


def _is_let_in(session: Session, *, limit: Limit) -> bool:
    try:
        session.bind(limit=limit)
    except RefusedError as error:
        if error.code in _NOT_LET_IN:
            return False
        raise
    return True


def _found(session: Session, asked: LdapQuestion, *, limit: Limit) -> Values:
    entries = _search(session, asked, where=asked.filter, attributes=asked.attributes, limit=limit)
    counts = {
        name: len(_search(session, asked, where=where, attributes=(), limit=limit))
        for name, where in asked.counts.items()
    }
    own: Values = {"entries": len(entries), "digest": digest_entries(entries)}
    return {**own, **counts, **_references(session, asked, limit=limit), **_values(session, asked, limit=limit)}


def _references(session: Session, asked: LdapQuestion, *, limit: Limit) -> Values:
    if not asked.references:
        return {}
    everything = _search(session, asked, where="(objectClass=*)", attributes=asked.references, limit=limit)
    names = {_plain_name(entry.name) for entry in everything}
    found: Values = {}
    for key in asked.references:
        led = [_plain_name(value) for entry in everything for value in entry.attributes.get(key.lower(), ())]
        found |= {f"{key}.references": len(led), f"{key}.dangling": sum(name not in names for name in led)}
    return found


def _plain_name(name: bytes) -> bytes:
    """A name in one spelling: neither capitals nor blanks after a comma make it another."""
    return b",".join(part.strip() for part in name.lower().split(b","))


def _search(
    session: Session, asked: LdapQuestion, *, where: str, attributes: Sequence[str], limit: Limit
) -> tuple[Entry, ...]:
    try:
        found = tuple(
            session.search(asked.base or "", scope=asked.scope, where=where, attributes=attributes, limit=limit)
        )
    except RefusedError as error:
        if error.code in _NOTHING_SHOWN:
            return ()
        raise
    return tuple(entry for entry in found if not _below(entry.name, asked.exclude))


def _below(name: bytes, excluded: str | None) -> bool:
    return excluded is not None and f",{name.decode('utf-8', 'replace')}".lower().endswith(f",{excluded}".lower())


def _values(session: Session, asked: LdapQuestion, *, limit: Limit) -> Values:
    if not asked.values:
        return {}
    found = _search(session, asked, where=asked.filter, attributes=tuple(asked.values.values()), limit=limit)
    if len(found) != 1:
        raise NoAnswerError("values: no entry" if not found else "values: more than one entry")
    return {name: _value(name, found[0].attributes.get(key.lower(), ())) for name, key in asked.values.items()}


def _value(name: str, held: Sequence[bytes]) -> Scalar:
    if len(held) != 1:
        raise NoAnswerError(f"{name}: {'no value' if not held else 'more than one value'}")
    try:
        return evident(name, held[0].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NoAnswerError(f"{name}: it is not text") from error


def digest_entries(entries: Iterable[Entry]) -> str:
    """One SHA-256 of all entries, in whatever order they and their values come. Pure."""
    return hashlib.sha256(b"".join(sorted(_line(entry) for entry in entries))).hexdigest()


def _line(entry: Entry) -> bytes:
    digest = hashlib.sha256()
    parts = [entry.name.lower()]
    for name in sorted(entry.attributes):
        values = sorted(entry.attributes[name])
        parts += [name.encode(), b"%d" % len(values), *values]
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()

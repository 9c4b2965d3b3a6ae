"""Whom a verifier trusts, and for what: whom he names, else whom the project trusts in whose directory he stands."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from orchestrator.app.authorities import time_roots
from orchestrator.project import PROJECT_FILE, Project, load_project
from reports.assessment import Trust
from reports.keys import certificate_files, load_certificates
from reports.register.keys import load_public_keys


def whom_to_trust(
    certificates: tuple[Path, ...],
    authorities: tuple[Path, ...],
    qualified: tuple[Path, ...],
    register_keys: tuple[Path, ...],
    *,
    project: Path,
) -> Trust:
    """Whom the verifier names, for each purpose; for what he names nobody, whom the project trusts where he stands."""
    own = load_project(project) if (project / PROJECT_FILE).exists() else None
    return Trust(
        certificates=_named(certificates) or (anchors(own) if own else ()),
        authorities=_named(authorities) or (time_roots(own) if own else ()),
        qualified=_named(qualified) or (certificates_in(own.qualified) if own else ()),
        register_keys=tuple(key for file in register_keys for key in load_public_keys(file)) or _register_keys(own),
    )


def trusted_authorities(named: tuple[Path, ...], *, project: Path) -> tuple[Certificate, ...]:
    """Whose time-stamps a verifier believes.

    Raises:
        EvidenceError: A certificate cannot be read.
    """
    own = load_project(project) if (project / PROJECT_FILE).exists() else None
    return _named(named) or (time_roots(own) if own else ())


def _register_keys(own: Project | None) -> tuple[Ed25519PublicKey, ...]:
    return load_public_keys(own.register_public_key) if own and own.register_public_key.exists() else ()


def _named(places: tuple[Path, ...]) -> tuple[Certificate, ...]:
    return tuple(certificate for place in places for certificate in load_certificates(place))


def between(chain: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """What goes inside a seal: a root proves nothing by being in there."""
    return tuple(one for one in chain if one.subject != one.issuer)


def certificates_in(path: Path) -> tuple[Certificate, ...]:
    """The certificates of a directory; none where there is no such directory, or nothing in it."""
    return load_certificates(path) if path.is_dir() and certificate_files(path) else ()


def anchors(own: Project) -> tuple[Certificate, ...]:
    """What lies in `trust/`, but for what lies between the project's seal and its root: others vouch for that.

    Ended at one between, nobody would ask whether that one was revoked.
    """
    others = between(load_certificates(own.certificate)[1:]) if own.certificate.exists() else ()
    return tuple(one for one in certificates_in(own.trust) if one not in others)

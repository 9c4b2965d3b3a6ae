"""What a signature is worth, from its certificates and its time-stamp, and from nothing that anybody claims.

Three levels (docs/how-to/signing.md): 1, a local key; 2, a local key and the time of an independent authority; 3, a
qualified seal and a qualified time-stamp, each leading to a root that the caller names as one of a trusted list.
"""

from collections.abc import Sequence
from typing import Literal

from cryptography.x509 import Certificate, Name
from cryptography.x509.oid import NameOID
from pyhanko.sign.ades.qualified_asn1 import QcStatements, get_qc_statements

from reports.signing.paths import as_asn1
from reports.signing.quiet import refusing
from reports.signing.timestamps import TimeStamp

Level = Literal[1, 2, 3]


def level_of(*, independent: bool, qualified: bool) -> Level:
    """The level of a seal.

    Args:
        independent: Whether it bears the time of an authority that is independent of who seals.
        qualified: Whether both the seal and its time-stamp are qualified.
    """
    if qualified:
        return 3
    return 2 if independent else 1


def is_independent(stamp: TimeStamp, *, sealed_with: Sequence[Certificate]) -> bool:
    """Whether an authority is somebody else than the one that seals: no issuer in common, and another organisation.

    Args:
        stamp: Its verified time-stamp.
        sealed_with: The seal's certificate and those between it and its root. Nobody knows: not independent.
    """
    seal_names = {name for one in sealed_with for name in (one.subject, one.issuer)}
    time_names = {name for one in stamp.path for name in (one.subject, one.issuer)}
    if not sealed_with or seal_names & time_names:
        return False
    return not _organisations(sealed_with[0].subject) & _organisations(stamp.path[0].subject)


def is_qualified_seal(certificate: Certificate) -> bool:
    """Whether a certificate states that it is a qualified one (EU), for electronic seals, its key in a secure device.

    ETSI EN 319 412-5: QcCompliance, QcType eseal alone, QcSSCD. Anybody can write this: it is worth what its root is.
    """
    kinds, types = _statements(certificate)
    return {"qc_compliance", "qc_sscd"} <= kinds and types == ["qct_eseal"]


def is_qualified_time(stamp: TimeStamp) -> bool:
    """Whether a time-stamp says that it is a qualified one.

    By its own statement (ETSI EN 319 422) or by the certificate of the authority (QcCompliance, QcType eseal). Worth
    what its root is, as above.
    """
    kinds, types = _statements(stamp.path[0])
    return stamp.calls_itself_qualified or ("qc_compliance" in kinds and types == ["qct_eseal"])


def _statements(certificate: Certificate) -> tuple[set[str], list[str]]:
    with refusing("certificate: its qualified statements cannot be read"):
        read: QcStatements = get_qc_statements(as_asn1(certificate))
        kinds = {str(one["statement_id"].native) for one in read}
        types = [
            str(kind)
            for one in read
            if one["statement_id"].native == "qc_type"
            for kind in one["statement_info"].native
        ]
        return kinds, types


def _organisations(name: Name) -> set[str]:
    kinds = (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATION_IDENTIFIER)
    return {str(one.value).strip().casefold() for kind in kinds for one in name.get_attributes_for_oid(kind)}

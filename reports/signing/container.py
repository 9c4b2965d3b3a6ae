"""Writes a CMS again from the parts that its signature and its certificates cover, and from nothing else.

A CMS has places that no signature covers (algorithm parameters, names, padding, unsigned attributes). A file whose
container is not what is written here was changed, or never was of this form; which of both does not matter.
"""

from collections.abc import Sequence
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509


def write_seal(
    read: cms.SignedData, *, own: asn1_x509.Certificate, chain: Sequence[asn1_x509.Certificate], token: bytes | None
) -> bytes:
    """The container of a PDF's seal, as sealing writes it.

    Args:
        read: What is in the file: its signed attributes and its signature are taken from it.
        own: The certificate of the seal, verified by the caller.
        chain: Those between it and the root, verified by the caller.
        token: The time-stamp over the signature, verified by the caller.
    """
    signer = _signer(read["signer_infos"][0], own=own)
    if token is not None:
        stamp = {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
        signer["unsigned_attrs"] = [stamp]
    return _signed_data("v1", {"content_type": "data"}, signer, certificates=[own, *chain])


def write_token(read: cms.SignedData, *, own: asn1_x509.Certificate, chain: Sequence[asn1_x509.Certificate]) -> bytes:
    """A time-stamp token: RFC 5652 says version 3, since what it holds is not plain data."""
    content = {
        "content_type": "tst_info",
        "content": core.ParsableOctetString(bytes(read["encap_content_info"]["content"])),
    }
    signer = _signer(read["signer_infos"][0], own=own)
    return _signed_data("v3", content, signer, certificates=[own, *chain])


def _signer(read: cms.SignerInfo, *, own: asn1_x509.Certificate) -> dict[str, Any]:
    digest = read["digest_algorithm"]["algorithm"].native
    issuer = {"issuer": own.issuer, "serial_number": own.serial_number}
    return {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": issuer}),
        "digest_algorithm": {"algorithm": digest},
        "signed_attrs": read["signed_attrs"],
        "signature_algorithm": _mechanism(read, own, digest=digest),
        "signature": read["signature"].native,
    }


def _mechanism(read: cms.SignerInfo, own: asn1_x509.Certificate, *, digest: str) -> Any:
    named = read["signature_algorithm"]
    if named["algorithm"].native == "rsassa_pss":
        # Its parameters are part of the mathematics: changed, the signature does not verify.
        return named
    kind = str(own.public_key.algorithm)
    return {"algorithm": {"ec": f"{digest}_ecdsa", "rsa": f"{digest}_rsa"}.get(kind, kind)}


def _signed_data(
    version: str, content: dict[str, Any], signer: dict[str, Any], *, certificates: Sequence[asn1_x509.Certificate]
) -> bytes:
    signed = {
        "version": version,
        "digest_algorithms": [signer["digest_algorithm"]],
        "encap_content_info": content,
        "certificates": list(certificates),
        "signer_infos": [signer],
    }
    written = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})
    return bytes(written.dump(force=True))

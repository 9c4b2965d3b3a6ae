"""An implementation of DSSE that is not ours (securesystemslib, of TUF and in-toto) verifies the attestation."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.x509 import Certificate
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._key import SSlibKey

from reports.layout import ATTESTATION
from tests.integration.reports.workshop import Workshop

# securesystemslib matches signature and key by their names first; ours has none, as cosign wants it, and is given one.
NAME = "seal"


def _verify(attestation: bytes, *, certificate: Certificate) -> bytes:
    envelope = json.loads(attestation)["dsseEnvelope"]
    signatures = [{**one, "keyid": NAME} for one in envelope["signatures"]]
    read = Envelope.from_dict({**envelope, "signatures": signatures})
    key = SSlibKey.from_crypto(certificate.public_key(), keyid=NAME)
    read.verify([key], threshold=1)
    return bytes(read.payload)


def test_securesystemslib_verifies_the_attestation(timed_once: Path, workshop: Workshop) -> None:
    attestation = (timed_once / ATTESTATION).read_bytes()

    payload = _verify(attestation, certificate=workshop.pki.certificate("seals", "p256"))

    assert json.loads(payload)["_type"] == "https://in-toto.io/Statement/v1"
    with pytest.raises(VerificationError):
        _verify(attestation, certificate=workshop.pki.certificate("nobody", "seal"))


@pytest.mark.parametrize("field", ["payload", "payloadType", "sig"])
def test_it_refuses_what_was_changed(field: str, timed_once: Path, workshop: Workshop) -> None:
    read = json.loads((timed_once / ATTESTATION).read_bytes())
    envelope = read["dsseEnvelope"]
    if field == "payloadType":
        envelope[field] += "x"
    else:
        holder = envelope["signatures"][0] if field == "sig" else envelope
        content = bytearray(base64.b64decode(holder[field]))
        content[-2] ^= 1
        holder[field] = base64.b64encode(content).decode()

    with pytest.raises(VerificationError):
        _verify(json.dumps(read).encode(), certificate=workshop.pki.certificate("seals", "p256"))

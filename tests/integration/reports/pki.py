"""A real PKI on loopback (certomancer): CAs, OCSP, CRL and time-stamp authorities, good ones and bad ones.

Three architectures, three roots: `seals` issues seals (and has a TSA of the same house), `time` is an independent
time-stamp authority, `nobody` is known to no one. Issuers sign with RSA, so that the server's process and the test's
make the same certificates.
"""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from reports.keys import certificate_pem, load_certificates
from reports.signers import Signer, load_signer

QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
_COMPLIANCE, _SSCD, _ESEAL = "060604008e460101", "060604008e460104", "300906070400 8e46010602".replace(" ", "")
_TYPE = "060604008e460106"
_ALL = f"3008{_COMPLIANCE}3008{_SSCD}3013{_TYPE}{_ESEAL}"
QUALIFIED = f"30{len(_ALL) // 2:02x}{_ALL}"
"""DER of QcCompliance, QcSSCD and QcType eseal (ETSI EN 319 412-5)."""
_ONLY_COMPLIANCE = f"300a3008{_COMPLIANCE}"
_DAY = timedelta(days=1)
_SERVER = """
import socket, sys
from aiohttp import web
from certomancer.integrations.aiohttp_animator import build_animator_app
from certomancer.registry import CertomancerConfig
config = CertomancerConfig.from_file(sys.argv[1], key_search_dir=sys.argv[2])
app = build_animator_app(config.pki_archs, with_web_ui=False)
web.run_app(app, sock=socket.socket(fileno=int(sys.argv[3])), print=None, access_log=None)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pki:
    """What was issued, and where it answers."""

    url: str
    directory: Path
    config: CertomancerConfig

    def certificate(self, arch: str, label: str) -> x509.Certificate:
        """One certificate."""
        issued = self.config.get_pki_arch(ArchLabel(arch)).get_cert(CertLabel(label))
        return x509.load_der_x509_certificate(issued.dump())

    def key(self, arch: str, label: str) -> Path:
        """The PEM file of a key."""
        return self.directory / f"{arch}-{label}.pem"

    def signer(self, arch: str, label: str) -> Signer:
        """Who signs with a key."""
        return load_signer(f"file:{self.key(arch, label)}")

    def tsa(self, arch: str, label: str = "tsa") -> str:
        """The address of a time-stamp authority."""
        return f"{self.url}/{arch}/tsa/{label}"

    def write_chain(self, path: Path, label: str, *, arch: str = "seals", issuer: str = "interm") -> Path:
        """A PEM file with a seal's certificate, then that of the CA which issued it."""
        parts = (self.certificate(arch, name) for name in (label, issuer))
        path.write_bytes(b"".join(certificate_pem(part) for part in parts))
        return path

    def chain(self, label: str, directory: Path) -> tuple[x509.Certificate, ...]:
        """A seal's certificate and that of the CA which issued it."""
        return load_certificates(self.write_chain(directory / f"{label}.chain.pem", label))


@contextlib.contextmanager
def serve_pki(directory: Path) -> Iterator[Pki]:
    """Make the keys and certificates, and let them answer on a free port until the block ends."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        description = _description(url)
        for arch, parts in description["pki-architectures"].items():
            for label in parts["entities"]:
                _write_key(directory / f"{arch}-{label}.pem", _new_key(label))
        file = directory / "certomancer.yml"
        file.write_text(json.dumps(description))
        command = [sys.executable, "-c", _SERVER, str(file), str(directory), str(listening.fileno())]
        with subprocess.Popen(command, pass_fds=[listening.fileno()]) as server:
            try:
                config = CertomancerConfig.from_file(str(file), key_search_dir=str(directory))
                yield Pki(url=url, directory=directory, config=config)
            finally:
                server.terminate()


def _description(url: str) -> dict[str, Any]:
    arches = {"seals": _seals(), "time": _time(), "nobody": _nobody()}
    keysets = {
        arch: {"path-prefix": ".", "keys": {label: {"path": f"{arch}-{label}.pem"} for label in parts["entities"]}}
        for arch, parts in arches.items()
    }
    return {
        "external-url-prefix": url,
        "keysets": keysets,
        "pki-architectures": {arch: {"keyset": arch, **parts} for arch, parts in arches.items()},
    }


def _seals() -> dict[str, Any]:
    usage = _usage("digital_signature", "non_repudiation")
    checked = [_crl("interm"), _ocsp("interm")]
    good = {"issuer": "interm", "validity": _validity(-400, 700), "extensions": [usage, *checked]}
    server_only = {"id": "extended_key_usage", "critical": True, "value": ["server_auth"]}
    certificates = {
        "root": _root(),
        "interm": _intermediate(),
        "ocsp": _responder(),
        "rsa": good,
        "p256": good,
        "p384": good,
        "expired": {**good, "validity": _validity(-800, -40)},
        "future": {**good, "validity": _validity(300, 700)},
        "revoked": {**good, "revocation": {"revoked-since": _when(-100), "reason": "key_compromise"}},
        "purpose": {**good, "extensions": [_usage("key_agreement"), server_only, *checked]},
        "unchecked": {**good, "extensions": [usage]},
        "qualified": {**good, "extensions": [usage, *checked, _statements(QUALIFIED)]},
        "halfway": {**good, "extensions": [usage, *checked, _statements(_ONLY_COMPLIANCE)]},
        "tsa": _tsa(issuer="root", crl="root"),
    }
    entities = {
        label: {"common-name": f"Essai {label}", "organization-name": "Hébergeur Exemple"} for label in certificates
    }
    return {
        "entities": entities,
        "certs": _named(certificates),
        "services": {
            "ocsp": {"interm": {"for-issuer": "interm", "responder-cert": "ocsp", "signing-key": "ocsp"}},
            "crl-repo": {
                "root": {"for-issuer": "root", "signing-key": "root", "simulated-update-schedule": "P90D"},
                "interm": {"for-issuer": "interm", "signing-key": "interm", "simulated-update-schedule": "P30D"},
            },
            "time-stamping": _stamping("tsa"),
        },
    }


def _time() -> dict[str, Any]:
    plain = _tsa(issuer="root", crl="root")
    certificates = {
        "root": _root(),
        "tsa": plain,
        "soon": {**plain, "validity": _validity(-300, 60)},
        "expired": {**plain, "validity": _validity(-800, -40)},
        "revoked": {**plain, "revocation": {"revoked-since": _when(-100), "reason": "key_compromise"}},
        "purpose": {**plain, "extensions": [_usage("digital_signature"), _crl("root")]},
        "uncritical": {**plain, "extensions": [_usage("digital_signature"), _purposes(critical=False), _crl("root")]},
        "also-mail": {
            **plain,
            "extensions": [_usage("digital_signature"), _purposes("email_protection"), _crl("root")],
        },
        "qualified": {**plain, "extensions": [*plain["extensions"], _statements(QUALIFIED)]},
    }
    entities = {
        label: {"common-name": f"Horloge {label}", "organization-name": "Tiers Horodateur"} for label in certificates
    }
    return {
        "entities": entities,
        "certs": _named(certificates),
        "services": {
            "crl-repo": {"root": {"for-issuer": "root", "signing-key": "root", "simulated-update-schedule": "P90D"}},
            "time-stamping": _stamping(*(label for label in certificates if label != "root")),
        },
    }


def _nobody() -> dict[str, Any]:
    seal = {
        "issuer": "root",
        "validity": _validity(-400, 700),
        "extensions": [_usage("digital_signature", "non_repudiation")],
    }
    certificates = {"root": _root(), "seal": seal, "tsa": _tsa(issuer="root", crl=None)}
    entities = {label: {"common-name": f"Inconnu {label}", "organization-name": "Personne"} for label in certificates}
    return {
        "entities": entities,
        "certs": _named(certificates),
        "services": {"time-stamping": _stamping("tsa")},
    }


def _named(certificates: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        label: {"subject": label, "subject-key": label, "authority-key": made["issuer"], **made}
        for label, made in certificates.items()
    }


def _stamping(*labels: str) -> dict[str, Any]:
    return {label: {"signing-key": label, "signing-cert": label} for label in labels}


def _root() -> dict[str, Any]:
    authority = {"id": "basic_constraints", "critical": True, "value": {"ca": True}}
    usage = _usage("key_cert_sign", "crl_sign")
    return {"issuer": "root", "validity": _validity(-3000, 9000), "extensions": [authority, usage]}


def _intermediate() -> dict[str, Any]:
    authority = {"id": "basic_constraints", "critical": True, "value": {"ca": True, "path-len-constraint": 0}}
    usage = _usage("key_cert_sign", "crl_sign")
    return {"issuer": "root", "validity": _validity(-2000, 5000), "extensions": [authority, usage, _crl("root")]}


def _responder() -> dict[str, Any]:
    purpose = {"id": "extended_key_usage", "critical": True, "value": ["ocsp_signing"]}
    extensions = [_usage("digital_signature"), purpose, {"id": "ocsp_no_check"}]
    return {"issuer": "interm", "validity": _validity(-1500, 4000), "extensions": extensions}


def _tsa(*, issuer: str, crl: str | None) -> dict[str, Any]:
    extensions = [_usage("digital_signature"), _purposes(), *([_crl(crl)] if crl else [])]
    return {"issuer": issuer, "validity": _validity(-900, 2000), "extensions": extensions}


def _usage(*usages: str) -> dict[str, Any]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(usages)}}


def _purposes(*others: str, critical: bool = True) -> dict[str, Any]:
    return {"id": "extended_key_usage", "critical": critical, "value": ["time_stamping", *others]}


def _crl(repository: str) -> dict[str, Any]:
    value = {"schema": "crl-dist-url", "params": {"crl-repo-names": [repository]}}
    return {"id": "crl_distribution_points", "smart-value": value}


def _ocsp(responder: str) -> dict[str, Any]:
    value = {"schema": "aia-urls", "params": {"ocsp-responder-names": [responder]}}
    return {"id": "authority_information_access", "smart-value": value}


def _statements(der: str) -> dict[str, Any]:
    return {"id": QC_STATEMENTS, "smart-value": {"schema": "der-bytes", "params": der}}


def _validity(since_days: int, until_days: int) -> dict[str, str]:
    return {"valid-from": _when(since_days), "valid-to": _when(until_days)}


@cache
def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _when(days: int) -> str:
    return (_today() + days * _DAY).isoformat()


def _new_key(label: str) -> PrivateKeyTypes:
    if label in {"root", "interm", "rsa"}:
        return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    return ec.generate_private_key(ec.SECP384R1() if label == "p384" else ec.SECP256R1())


def _write_key(path: Path, key: PrivateKeyTypes) -> None:
    encodings = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*encodings))
    path.chmod(0o600)

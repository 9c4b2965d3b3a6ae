"""Puts tampered copies before both verifiers, and before programs that know nothing of evidence."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import EvidenceError
from reports.envelope import PAYLOAD_TYPE, parse_attestation
from reports.layout import ATTESTATION
from reports.verify import verify
from tests.integration.reports.bare import Bare
from tests.integration.reports.conftest import Seal
from tests.integration.reports.tamperings import Kind, Place, Stock, Tampering

Failures = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What both verifiers say of one case: whether it is valid, and which questions they answer with no."""

    tampering: Tampering
    path: Path
    accepted: bool
    failures: Failures
    accepted_alone: bool
    """By the stand-alone verifier."""
    failures_alone: Failures

    @property
    def found(self) -> bool:
        """By the product, which names what is wrong."""
        return not self.accepted and bool(self.failures & self.tampering.wrong)

    @property
    def found_alone(self) -> bool:
        """By the stand-alone verifier, which names what is wrong."""
        return not self.accepted_alone and bool(self.failures_alone & self.tampering.wrong)


def judge(kind: Kind, *, stock: Stock, bare: Bare, directory: Path, trusted: Seal | None = None) -> Iterator[Judged]:
    """Make each case of a kind, and ask both verifiers.

    Args:
        kind: Of tampering.
        stock: What it is made of.
        bare: Runs the stand-alone verifier.
        directory: Where the copies go; empty.
        trusted: Whom the verifiers trust; the own key where it is not said.
    """
    seal = trusted or stock.own
    cases = list(kind.make(stock))
    paths = [_write(case, kind.place, stock=stock, at=directory / str(n)) for n, case in enumerate(cases)]
    trusting = ("--certificate", seal.certificate_path, "--json")
    for case, path, said in zip(cases, paths, bare.ask(*([path, *trusting] for path in paths)), strict=True):
        report = verify(path, trust=seal.trust)
        yield Judged(
            tampering=case,
            path=path,
            accepted=report.valid,
            failures=frozenset((check.code.value, check.subject) for check in report.failures),
            accepted_alone=said.code == 0,
            failures_alone=frozenset(said.failures),
        )


def _write(case: Tampering, place: Place, *, stock: Stock, at: Path) -> Path:
    """One copy. Of a run, what is not written anew is shared with the original."""
    if place is Place.RUN:
        shutil.copytree(stock.run, at / place, copy_function=os.link)
        folder = at / place
    else:
        folder = at
        folder.mkdir()
    for name, content in case.changed.items():
        (folder / name).unlink(missing_ok=True)
        if content is not None:
            (folder / name).write_bytes(content)
    return at / place


# Others.


def pdfsig_accepts(pdf: Path) -> bool:
    """Whether it prints that the signature is valid. Who signed is not asked: the seal's certificate is nobody's."""
    return "Signature is Valid" in _run("pdfsig", "-nocert", str(pdf)).stdout


def openssl_accepts_seal(pdf: Path, *, certificate: Path) -> bool:
    """Whether the CMS container verifies, with this certificate, over the bytes that the PDF itself names."""
    content = pdf.read_bytes()
    found = re.search(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) (\d+)\s*\]", content)
    if found is None:
        return False
    first, second, length = map(int, found.groups())
    try:
        container = bytes.fromhex(content[first + 1 : second - 1].decode())
    except ValueError:
        return False
    cms, signed = pdf.with_suffix(".der"), pdf.with_suffix(".signed")
    cms.write_bytes(container[: 4 + int.from_bytes(container[2:4], "big")])
    signed.write_bytes(content[:first] + content[second : second + length])
    given = ("-in", str(cms), "-inform", "DER", "-content", str(signed), "-binary", "-purpose", "any")
    command = ("openssl", "cms", "-verify", *given, "-CAfile", str(certificate), "-out", os.devnull)
    return _run(*command).returncode == 0


def openssl_accepts_attestation(run: Path, *, certificate: Path) -> bool:
    """Whether the certificate's key signed the statement, whatever became of the files that it names."""
    try:
        attestation = parse_attestation((run / ATTESTATION).read_bytes())
    except (OSError, EvidenceError):
        return False
    kind = PAYLOAD_TYPE.encode()
    signed, signature, key = (run / name for name in (".pae", ".sig", ".pub"))
    signed.write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(attestation.payload), attestation.payload))
    signature.write_bytes(attestation.signature)
    key.write_text(_run("openssl", "x509", "-in", str(certificate), "-noout", "-pubkey").stdout)
    command = ("openssl", "dgst", "-sha256", "-verify", str(key), "-signature", str(signature), str(signed))
    return _run(*command).returncode == 0


def sha256sum_accepts(run: Path) -> bool:
    """Whether every file has the digest that the statement lying beside it gives, whoever signed that."""
    try:
        attestation = parse_attestation((run / ATTESTATION).read_bytes())
    except (OSError, EvidenceError):
        return False
    sums = "".join(f"{one.digest.sha256}  {one.name}\n" for one in attestation.statement.subject)
    return _run("sha256sum", "--check", "--strict", "-", given=sums, cwd=run).returncode == 0


def _run(*command: str, given: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=given, cwd=cwd, check=False, capture_output=True, text=True)

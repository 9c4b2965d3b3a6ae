"""A real key, a real PKI, and sealed runs for all the tests that only read: sealing draws a PDF and takes seconds."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509 import Certificate

from orchestrator.core.model import Language
from reports.assessment import Trust
from reports.evidence import parse_evidence
from reports.keys import init_keys
from reports.layout import EVIDENCE
from reports.seal import Sealed, seal
from reports.signers import Signer, load_signer
from reports.signing.sealer import Sealer
from tests.integration.reports.bare import Bare, make_bare
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.pki import Pki, serve_pki
from tests.integration.reports.workshop import Workshop

MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A signer with its certificate."""

    signer: Signer
    certificate: Certificate
    key_path: Path
    certificate_path: Path

    @property
    def sealer(self) -> Sealer:
        """Signs with this key, and asks nobody for the time."""
        return Sealer(signer=self.signer, certificate=self.certificate)

    @property
    def trust(self) -> Trust:
        """Whoever trusts this key alone, and knows that its runs are sealed by hand, without a register."""
        return Trust(certificates=(self.certificate,), without_register=True)

    def seal(self, run: Path, *, language: Language = Language.FRENCH) -> Sealed:
        """Seal a run with this key."""
        return seal(run, sealer=self.sealer, language=language)


def make_seal(directory: Path, *, organisation: str = "Hébergeur Santé Exemple") -> Seal:
    """A new key and certificate."""
    key, certificate = directory / "keys" / "seal.key.pem", directory / "trust" / "seal.crt.pem"
    issued = init_keys(key=key, certificate=certificate, organisation=organisation, now=MADE_AT)
    return Seal(signer=load_signer(f"file:{key}"), certificate=issued, key_path=key, certificate_path=certificate)


@pytest.fixture(scope="session")
def own_seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """The key that everything is sealed with."""
    return make_seal(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="session")
def foreign_seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """Somebody else's key, who gives himself the same name."""
    return make_seal(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="session")
def sealed_once(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed run. Only to be read: `sealed` is a copy for tests that write."""
    run = write_run(tmp_path_factory.mktemp("sealed") / "run", story=Story.PASSED)
    own_seal.seal(run)
    return run


@pytest.fixture
def sealed(sealed_once: Path, tmp_path: Path) -> Path:
    """A sealed run to be tampered with."""
    return Path(shutil.copytree(sealed_once, tmp_path / "run"))


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pki]:
    """Certification and time-stamp authorities that answer on loopback, for as long as the tests run."""
    with serve_pki(tmp_path_factory.mktemp("pki")) as served:
        yield served


@pytest.fixture(scope="session")
def workshop(pki: Pki, sealed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Seals a small PDF in no time, and judges it as the verifier does."""
    evidence = parse_evidence((sealed_once / EVIDENCE).read_bytes())
    return Workshop(pki=pki, evidence=evidence, directory=tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def timed_once(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run sealed with an issued certificate and an independent time-stamp. Only to be read."""
    run = write_run(tmp_path_factory.mktemp("timed") / "run", story=Story.PASSED)
    seal(run, sealer=workshop.sealer("p256"), language=Language.FRENCH)
    return run


@pytest.fixture
def timed(timed_once: Path, tmp_path: Path) -> Path:
    """The same, to be tampered with."""
    return Path(shutil.copytree(timed_once, tmp_path / "run"))


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    """The stand-alone verifier in an interpreter that has nothing else."""
    return make_bare(tmp_path_factory.mktemp("packages"))

"""Evidence of a run on disk, built as it is before sealing: no key, no drawing, so that a test has it at once."""

from pathlib import Path

from orchestrator.core.model import Language
from reports.catalogue import load_catalogue
from reports.evidence import Evidence, build_evidence
from reports.layout import read_directory, sources
from reports.materials import read_materials
from reports.scan import scan
from reports.signing.statement import SignatureStatement


def evidence_of(run: Path, *, language: Language = Language.FRENCH) -> Evidence:
    """What a run's plan, journal and series come to; the signature that it speaks of was never made."""
    files = sources(read_directory(run))
    materials = read_materials(files)
    drill = materials.plan.drill
    return build_evidence(
        materials,
        language=language,
        mapping=load_catalogue().mapping(kind=drill.kind, perimeters=drill.perimeters),
        signature=SignatureStatement(
            level=1,
            profile="PAdES-B-B",
            signer="example",
            algorithm="Ed25519",
            certificate_sha256="0" * 64,
            self_signed=True,
            issuer="example",
            chain_sha256=(),
            qualified=False,
            authority=None,
            awaited=False,
        ),
        scan=scan(files),
        registration=None,
        versions={"reprise-drills": "0.1.0"},
    )

"""Makes a dossier: the document, its PDF, the attestation over everything, and the archive that holds them all.

A dossier is made once: one that is made again later has another date, and is another dossier.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.canonical import canonical, sha256
from orchestrator.durable import fill_durably, write_durably
from orchestrator.errors import EvidenceError, StoreError, UsageError
from reports.assessment import Trust
from reports.bundle import CERTIFICATE, INSTRUCTIONS, instructions
from reports.dossier.bundles import read_run
from reports.dossier.document import Dossier, Scope, build_dossier, extract_catalogue, parse_dossier
from reports.dossier.extract import CHECKPOINT, LOG, REGISTER, format_entries, parse_entries, require_signature
from reports.dossier.layout import DOSSIER_JSON, DOSSIER_PDF, DOSSIER_ZIP, bundle_name
from reports.dossier.render import draw_dossier, render_dossier
from reports.dossier.runs import DossierRun
from reports.envelope import DOSSIER_TYPE, Digest, DossierPredicate, Statement, Subject, sign_statement
from reports.keys import certificate_pem, check_pair
from reports.layout import ATTESTATION, pack_into
from reports.pdf import seal_pdf
from reports.render import program_versions
from reports.scan import scan
from reports.signers import Signer
from reports.signing.statement import state_signature
from reports.words import load_words

GUIDE = "dossier-verify"
"""The template of a dossier's `VERIFY.md`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a dossier is made from. `bundles`: how to read each run's bundle, one at a time, by run."""

    bundles: Mapping[str, Callable[[], bytes]]
    register: bytes
    """`register.jsonl`, from its first line."""
    checkpoint: str | None
    """The latest signed checkpoint, as text."""
    origin: str | None = None
    """The name that the register must bear; None where nobody knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDossier:
    """Where it is, and what it came to."""

    dossier: Dossier
    pdf: Path
    archive: Path


def seal_dossier(
    directory: Path,
    *,
    scope: Scope,
    sources: Sources,
    signer: Signer,
    certificate: Certificate,
    trust: Trust,
) -> SealedDossier:
    """Make `dossier.pdf` and `dossier.zip`.

    Args:
        directory: Where they go; it is made if it is not there.
        scope: What the dossier is about.
        sources: The bundles and the register.
        signer: Whose key signs.
        certificate: The certificate of that key.
        trust: What the bundles are verified against, and the checkpoint, where a key of the register is named.

    Raises:
        UsageError: There is a dossier already.
        EvidenceError: The register does not hold together or its key did not sign the checkpoint, or something holds
            health data or a secret.
        StoreError: The directory cannot be written.
    """
    check_pair(signer, certificate)
    require_signature(sources.checkpoint, keys=trust.register_keys, origin=sources.origin)
    _prepare(directory)
    runs = [read_run(read(), run_id=name, trust=trust) for name, read in sorted(sources.bundles.items())]
    made = _make(scope, runs, sources=sources, signer=signer, certificate=certificate)
    dossier = parse_dossier(made[DOSSIER_JSON])
    runs = [run for run in runs if run.run_id in named_runs(dossier)]
    statement = state_dossier(dossier, digests=_digests(made, runs))
    made[ATTESTATION] = sign_statement(statement, signer=signer)
    made[CERTIFICATE] = certificate_pem(certificate)
    made[INSTRUCTIONS] = instructions(certificate, signature=dossier.signature, guide=GUIDE).encode()
    # The archive first: it is whole, and holds the PDF too, should the machine stop before that is beside it.
    fill_durably(directory / DOSSIER_ZIP, lambda file: pack_into(file, _members(made, runs, sources)))
    write_durably(directory / DOSSIER_PDF, made[DOSSIER_PDF])
    return SealedDossier(dossier=dossier, pdf=directory / DOSSIER_PDF, archive=directory / DOSSIER_ZIP)


def named_runs(dossier: Dossier) -> set[str]:
    """The runs whose bundles belong to a dossier."""
    return {run.run_id for run in dossier.runs if run.report} | {run.run_id for run in dossier.unreadable}


def state_dossier(dossier: Dossier, *, digests: Mapping[str, str]) -> Statement:
    """What the attestation says: every file of the archive by its digest.

    Args:
        dossier: What the files are about.
        digests: The SHA-256 of each file, by its name in the archive.
    """
    return Statement(
        subject=tuple(Subject(name=name, digest=Digest(sha256=digests[name])) for name in sorted(digests)),
        predicate_type=DOSSIER_TYPE,
        predicate=DossierPredicate(
            first_day=dossier.scope.period.first_day,
            last_day=dossier.scope.period.last_day,
            perimeters=dossier.scope.perimeters,
            made_at=dossier.scope.made_at,
            reports=len(dossier.runs),
            register_lines=dossier.proof.lines,
            register_head=dossier.proof.head,
            versions=dossier.versions,
            signature_level=dossier.signature.level,
        ),
    )


def _prepare(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        there = [name for name in (DOSSIER_PDF, DOSSIER_ZIP) if (directory / name).exists()]
    except OSError as error:
        raise StoreError(f"{directory}: cannot be written: {error.strerror}") from error
    if there:
        hint = "a dossier is never overwritten: name another directory with --out"
        raise UsageError(f"{directory / there[0]}: already there", hint=hint)


def _make(
    scope: Scope, runs: Sequence[DossierRun], *, sources: Sources, signer: Signer, certificate: Certificate
) -> dict[str, bytes]:
    """Everything but the bundles and the attestation, by name. Nothing is signed that was not looked through."""
    entries = parse_entries(sources.register)
    dossier = build_dossier(
        scope=scope,
        runs=runs,
        entries=entries,
        checkpoint=sources.checkpoint,
        catalogue=extract_catalogue(),
        scan=scan({LOG: sources.register}),
        signature=state_signature(certificate),
        versions=program_versions(),
    )
    made = {DOSSIER_JSON: canonical(dossier), REGISTER: format_entries(entries)}
    if sources.checkpoint is not None:
        made[CHECKPOINT] = sources.checkpoint.encode()
    # Drawn from what is written, as a verifier will: canonical form sorts the names within an object.
    dossier = parse_dossier(made[DOSSIER_JSON])
    scan({DOSSIER_JSON: made[DOSSIER_JSON], "dossier.html": render_dossier(dossier).encode()})
    drawn = draw_dossier(dossier, document=made[DOSSIER_JSON])
    words = load_words(scope.language)
    period = f"{scope.period.first_day} – {scope.period.last_day}"
    reason = words("dossier.reason", period=period)
    made[DOSSIER_PDF] = seal_pdf(drawn, signer=signer, certificate=certificate, reason=reason)
    return made


def _digests(made: Mapping[str, bytes], runs: Iterable[DossierRun]) -> dict[str, str]:
    bundles = {bundle_name(run.run_id): run.bundle_sha256 for run in runs}
    return {**{name: sha256(content) for name, content in made.items()}, **bundles}


def _members(made: Mapping[str, bytes], runs: Sequence[DossierRun], sources: Sources) -> Iterator[tuple[str, bytes]]:
    """Every member in the order of names; a bundle that is no longer what was read is not put in."""
    known = {bundle_name(run.run_id): run for run in runs}
    for name in sorted(made.keys() | known.keys()):
        if name in made:
            yield name, made[name]
            continue
        content = sources.bundles[known[name].run_id]()
        if sha256(content) != known[name].bundle_sha256:
            raise EvidenceError(f"{name}: the bundle changed while the dossier was made", hint="make it again")
        yield name, content

"""Makes a dossier: the document, its PDF, the attestation over everything, and the archive that holds them all.

A dossier is made once: one that is made again later has another date, and is another dossier.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.canonical import canonical, sha256
from orchestrator.durable import fill_durably, write_durably
from orchestrator.errors import EvidenceError, StoreError, UsageError
from reports.assessment import Trust
from reports.bundle import CERTIFICATE, INSTRUCTIONS, instructions
from reports.claims import Claims
from reports.dossier.bundles import entered_in, read_run
from reports.dossier.document import Dossier, build_dossier, parse_dossier
from reports.dossier.extract import (
    CHECKPOINT,
    LOG,
    REGISTER,
    format_entries,
    parse_entries,
    require_origin,
    require_signature,
)
from reports.dossier.layout import DOSSIER_JSON, DOSSIER_NAMES, DOSSIER_PDF, DOSSIER_ZIP, bundle_name
from reports.dossier.picture import Scope, extract_catalogue
from reports.dossier.render import draw_dossier, render_dossier
from reports.dossier.runs import DossierRun
from reports.envelope import DOSSIER_TYPE, Digest, DossierPredicate, Statement, Subject, attest
from reports.keys import certificate_pem, check_pair
from reports.layout import ATTESTATION, pack_into
from reports.pdf import seal_pdf
from reports.render import program_versions
from reports.scan import scan
from reports.signing.sealer import Prepared, Sealer, seal_with, stamper_of
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
    awaited: str | None
    """Why the time-stamp that the project asks for is missing. None: it is there, or none is asked for."""


def seal_dossier(
    directory: Path,
    *,
    scope: Scope,
    sources: Sources,
    sealer: Sealer,
    trust: Trust,
) -> SealedDossier:
    """Make `dossier.pdf` and `dossier.zip`. Where the time-stamp authority is away both say so (`complete_dossier`).

    Args:
        directory: Where they go; it is made if it is not there.
        scope: What the dossier is about.
        sources: The bundles and the register.
        sealer: Whose key signs, and who tells the time.
        trust: What the bundles are verified against, and the checkpoint, where a key of the register is named.

    Raises:
        UsageError: There is a dossier already.
        EvidenceError: The register does not hold together, its key did not sign the checkpoint, or it is not the one
            in which the runs were entered; or something holds health data or a secret.
        StoreError: The directory cannot be written.
    """
    check_pair(sealer.signer, sealer.certificate)
    require_signature(sources.checkpoint, keys=trust.register_keys, origin=sources.origin)
    _prepare(directory)
    runs, entered = _read(sources, trust=trust)
    require_origin(sources.checkpoint, entered=entered)
    made, awaited = seal_with(
        sealer,
        lambda prepared: _make(scope, runs, sources=sources, sealer=sealer, prepared=prepared),
        ended_at=scope.made_at,
    )
    dossier = parse_dossier(made[DOSSIER_JSON])
    # The archive first: it is whole, and holds the PDF too, should the machine stop before that is beside it.
    members = _members(made, _named(runs, dossier), sources)
    fill_durably(directory / DOSSIER_ZIP, lambda file: pack_into(file, members))
    write_durably(directory / DOSSIER_PDF, made[DOSSIER_PDF])
    return SealedDossier(dossier=dossier, pdf=directory / DOSSIER_PDF, archive=directory / DOSSIER_ZIP, awaited=awaited)


def claims_of(dossier: Dossier) -> Claims:
    """What a dossier says of its own seal."""
    return Claims(
        signature=dossier.signature,
        ended_at=dossier.scope.made_at,
        ending="the making of the dossier",
        names=DOSSIER_NAMES,
        completed_by="`reprise dossier`, again,",
    )


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
    scope: Scope, runs: Sequence[DossierRun], *, sources: Sources, sealer: Sealer, prepared: Prepared
) -> dict[str, bytes]:
    """Everything but the bundles, by name."""
    made = _draw(scope, runs, sources=sources, sealer=sealer, prepared=prepared)
    dossier = parse_dossier(made[DOSSIER_JSON])
    statement = state_dossier(dossier, digests=_digests(made, _named(runs, dossier)))
    guide = instructions(sealer.certificate, signature=dossier.signature, guide=GUIDE)
    return {
        **made,
        ATTESTATION: attest(statement, sealer=sealer, prepared=prepared),
        CERTIFICATE: certificate_pem(sealer.certificate),
        INSTRUCTIONS: guide.encode(),
    }


def _draw(
    scope: Scope, runs: Sequence[DossierRun], *, sources: Sources, sealer: Sealer, prepared: Prepared
) -> dict[str, bytes]:
    """What the attestation covers, but for the bundles. Nothing is signed that was not looked through."""
    entries = parse_entries(sources.register)
    dossier = build_dossier(
        scope=scope,
        runs=runs,
        entries=entries,
        checkpoint=sources.checkpoint,
        catalogue=extract_catalogue(),
        scan=scan({LOG: sources.register}),
        signature=prepared.statement,
        versions=program_versions(),
    )
    made = {DOSSIER_JSON: canonical(dossier), REGISTER: format_entries(entries)}
    if sources.checkpoint is not None:
        made[CHECKPOINT] = sources.checkpoint.encode()
    # Drawn from what is written, as a verifier will: canonical form sorts the names within an object.
    dossier = parse_dossier(made[DOSSIER_JSON])
    scan({DOSSIER_JSON: made[DOSSIER_JSON], "dossier.html": render_dossier(dossier).encode()})
    drawn = draw_dossier(dossier, document=made[DOSSIER_JSON])
    return {**made, DOSSIER_PDF: _seal(drawn, scope=scope, sealer=sealer, prepared=prepared)}


def _seal(drawn: bytes, *, scope: Scope, sealer: Sealer, prepared: Prepared) -> bytes:
    period = f"{scope.period.first_day} – {scope.period.last_day}"
    return seal_pdf(
        drawn,
        signer=sealer.signer,
        certificate=sealer.certificate,
        reason=load_words(scope.language)("dossier.reason", period=period),
        chain=sealer.chain,
        stamper=stamper_of(sealer, prepared),
        revocation=prepared.stored,
    )


def _read(sources: Sources, *, trust: Trust) -> tuple[list[DossierRun], dict[str, str]]:
    """Every bundle, and in which register each of those that verify shows its run."""
    runs, entered = [], {}
    for name, read in sorted(sources.bundles.items()):
        content = read()
        run = read_run(content, run_id=name, trust=trust)
        runs.append(run)
        if run.valid and (origin := entered_in(content)) is not None:
            entered[name] = origin
    return runs, entered


def _named(runs: Iterable[DossierRun], dossier: Dossier) -> list[DossierRun]:
    names = named_runs(dossier)
    return [run for run in runs if run.run_id in names]


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

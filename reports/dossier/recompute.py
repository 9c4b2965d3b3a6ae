"""Builds a dossier again from the bundles and the register in its archive, and compares with what was signed."""

from collections.abc import Iterator, Sequence

from cryptography.x509 import Certificate

from orchestrator.core.canonical import canonical
from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.dossier.bundles import entered_in, read_run
from reports.dossier.document import Dossier, build_dossier
from reports.dossier.extract import CHECKPOINT, LOG, REGISTER, check_origin, check_signature, parse_entries
from reports.dossier.layout import BUNDLES_FOLDER, DOSSIER_JSON, Archive, bundle_name
from reports.dossier.picture import CatalogueExtract, extract_catalogue
from reports.dossier.runs import DossierRun
from reports.dossier.seal import named_runs
from reports.register.entries import RegisterEntry
from reports.scan import RULES_VERSION, scan
from reports.signing.statement import restate_signature
from reports.verification import Check, CheckCode, compared, failed, noted, passed


def check_archive(
    archive: Archive, *, dossier: Dossier, certificate: Certificate | None, trust: Trust
) -> Iterator[Check]:
    """Whether the dossier says what its bundles and its register say, and nothing else.

    Args:
        archive: Where they are.
        dossier: What claims to be computed from them.
        certificate: The trusted certificate that the dossier names; None where it names no trusted one.
        trust: Whom the caller trusts: each bundle is verified with that.

    Raises:
        EvidenceError: The register cannot be read, or its chain is broken.
    """
    entries = parse_entries(archive.read(REGISTER))
    yield passed(CheckCode.REGISTER_CHAIN, REGISTER, f"{len(entries)} lines")
    note = _checkpoint(archive)
    yield from check_signature(note, keys=trust.register_keys)
    yield _scanned(archive, dossier)
    runs = [_run(archive, name, trust) for name in archive.names if name.startswith(BUNDLES_FOLDER)]
    yield from check_origin(note, entered=_entered(archive, runs))
    yield from _reports(dossier, runs)
    if certificate is None:
        yield failed(CheckCode.DOSSIER, DOSSIER_JSON, "it names no trusted certificate")
        return
    try:
        again = _build(dossier, runs, entries, checkpoint=note, certificate=certificate)
    # What nobody has signed may hold dates that no calendar goes to: that is a wrong dossier, not a defect of ours.
    except (ArithmeticError, LookupError, ValueError) as error:
        yield failed(CheckCode.DOSSIER, DOSSIER_JSON, f"it cannot be built again: {error}")
        return
    yield _root(again)
    yield _same(again, dossier)


def _build(
    dossier: Dossier,
    runs: Sequence[DossierRun],
    entries: Sequence[RegisterEntry],
    *,
    checkpoint: str | None,
    certificate: Certificate,
) -> Dossier:
    return build_dossier(
        scope=dossier.scope,
        runs=runs,
        entries=entries,
        checkpoint=checkpoint,
        catalogue=_catalogue(dossier),
        scan=dossier.scan,
        signature=restate_signature(certificate, said=dossier.signature),
        versions=dossier.versions,
    )


def _run(archive: Archive, name: str, trust: Trust) -> DossierRun:
    run_id = name.removeprefix(BUNDLES_FOLDER).removesuffix(".zip")
    return read_run(archive.read(name), run_id=run_id, trust=trust)


def _entered(archive: Archive, runs: Sequence[DossierRun]) -> dict[str, str]:
    """Where each run was entered, of the bundles that verify: what others say is worth nothing."""
    names = [bundle_name(run.run_id) for run in runs if run.valid]
    found = ((name, entered_in(archive.read(name))) for name in names)
    return {name: origin for name, origin in found if origin is not None}


def _scanned(archive: Archive, dossier: Dossier) -> Check:
    if dossier.scan.rules != RULES_VERSION:
        return noted(CheckCode.SCAN, REGISTER, f"scanned by rules {dossier.scan.rules}, here {RULES_VERSION}")
    try:
        same = scan({LOG: archive.read(REGISTER)}) == dossier.scan
        scan({DOSSIER_JSON: archive.read(DOSSIER_JSON)})
    except EvidenceError as error:
        return failed(CheckCode.SCAN, REGISTER, str(error))
    return compared(CheckCode.SCAN, REGISTER, same=same, otherwise="other files were scanned")


def _reports(dossier: Dossier, runs: Sequence[DossierRun]) -> Iterator[Check]:
    """Whether each bundle verifies here as the dossier says that it did, badly or well."""
    said = {run.report.run_id: run.report for run in dossier.runs if run.report}
    said |= {run.run_id: run for run in dossier.unreadable}
    wrong = [run for run in runs if said.get(run.run_id) != run]
    for run in wrong:
        names = ", ".join(sorted({f"{fault.check} of {fault.subject}" for fault in run.faults}))
        detail = f"here: {names}" if names else "it is not the one that the dossier is about"
        yield failed(CheckCode.REPORTS, bundle_name(run.run_id), detail)
    missing = sorted(named_runs(dossier) - {run.run_id for run in runs})
    yield from (failed(CheckCode.REPORTS, bundle_name(name), "it is missing") for name in missing)
    if not wrong and not missing:
        valid = sum(run.valid for run in runs)
        yield passed(CheckCode.REPORTS, BUNDLES_FOLDER, f"{valid} of {len(runs)} verify, as the dossier says")


def _same(again: Dossier, dossier: Dossier) -> Check:
    parts = type(again).model_fields
    otherwise = "it differs in " + ", ".join(name for name in parts if getattr(again, name) != getattr(dossier, name))
    same = canonical(again) == canonical(dossier)
    return compared(CheckCode.DOSSIER, DOSSIER_JSON, same=same, otherwise=otherwise)


def _root(again: Dossier) -> Check:
    """A dossier may be made without a checkpoint, or with one that does not hold: it says so, and so does this."""
    register = again.proof
    if register.checkpoint is None:
        return noted(CheckCode.REGISTER_ROOT, CHECKPOINT, "there is none: the end of the register may have been cut")
    return compared(
        CheckCode.REGISTER_ROOT, CHECKPOINT, same=register.holds, otherwise="its root is not that of these lines"
    )


def _checkpoint(archive: Archive) -> str | None:
    if CHECKPOINT not in archive.names:
        return None
    try:
        return archive.read(CHECKPOINT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{CHECKPOINT}: it is not text") from error


def _catalogue(dossier: Dossier) -> CatalogueExtract:
    """Another version's words are taken as said, as in a report."""
    own = extract_catalogue()
    return own if own.version == dossier.catalogue.version else dossier.catalogue

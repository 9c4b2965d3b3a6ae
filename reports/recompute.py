"""Computes a run's figures, verdict and pages again from its own files, and compares with what was signed."""

from collections.abc import Iterator, Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from orchestrator.core.answers import given_in, has_signed
from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import PersonAnswered
from orchestrator.core.history import History
from orchestrator.core.ssh_signature import fingerprint, signing_key
from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.catalogue import Mapping as ControlMapping
from reports.catalogue import load_whole_catalogue
from reports.evidence import Evidence, build_evidence
from reports.layout import EVIDENCE, REPORT_HTML, REPORT_PDF, sources
from reports.materials import JOURNAL, Materials, read_materials
from reports.register.of_run import check_entered
from reports.register.proof import RunProof
from reports.render import draw_report, program_versions, render_page
from reports.scan import RULES_VERSION, ScannedFile, ScanResult, find, scan
from reports.signing.statement import restate_signature
from reports.verification import Check, CheckCode, attempted, compared, failed, noted, passed


def check_contents(
    files: Mapping[str, bytes],
    *,
    evidence: Evidence,
    certificate: Certificate | None,
    trust: Trust,
) -> Iterator[Check]:
    """Whether the evidence says what the run's own files say, and nothing else.

    Args:
        files: The run's own files, and what is beside them.
        evidence: What claims to be computed from them.
        certificate: The trusted certificate that the evidence names; None where it names no trusted one.
        trust: Whom the caller trusts to keep a register.
    """
    try:
        materials = read_materials(sources(files))
        measurements, judgement = materials.compute()
    except EvidenceError as error:
        yield failed(CheckCode.CHAIN, JOURNAL, str(error))
        return
    yield passed(CheckCode.CHAIN, JOURNAL, f"{len(materials.entries)} lines")
    yield _journal(materials, evidence)
    figures = evidence.measurements == measurements
    yield compared(CheckCode.MEASUREMENTS, EVIDENCE, same=figures, otherwise=_made_by(evidence))
    same = evidence.judgement == judgement
    yield compared(CheckCode.VERDICT, EVIDENCE, same=same, otherwise=f"computed: {judgement.verdict}")
    yield from _answered(materials)
    yield from _registered(materials, evidence.registration, trust=trust)
    yield from _scanned(sources(files), evidence.scan)
    yield from _rebuilt(materials, evidence, certificate=certificate)


def check_drawings(files: Mapping[str, bytes], *, evidence: Evidence) -> Iterator[Check]:
    """Whether the reports are, byte for byte, what this evidence looks like when it is drawn again."""
    here = program_versions()
    if here != evidence.versions:
        then = evidence.versions
        other = ", ".join(f"{name} {then.get(name)}" for name in here if then.get(name) != here[name])
        detail = f"made with other versions ({other}): not comparable here; the signature covers it all the same"
        codes = ((CheckCode.HTML_RENDERED, REPORT_HTML), (CheckCode.PDF_REDRAWN, REPORT_PDF))
        yield from (noted(code, name, detail) for code, name in codes if name in files)
        return
    if REPORT_HTML in files:
        same = files[REPORT_HTML] == render_page(evidence).encode()
        yield compared(CheckCode.HTML_RENDERED, REPORT_HTML, same=same, otherwise="it says something else")
    if REPORT_PDF in files:
        attached = {**sources(files), EVIDENCE: files[EVIDENCE]}
        same = files[REPORT_PDF].startswith(draw_report(evidence, files=attached))
        yield compared(CheckCode.PDF_REDRAWN, REPORT_PDF, same=same, otherwise="it says something else")


def _journal(materials: Materials, evidence: Evidence) -> Check:
    journal = evidence.journal
    written = (evidence.plan_sha256, journal.length, journal.head, journal.sha256)
    found = (materials.plan.digest, len(materials.entries), materials.head, sha256(materials.journal))
    otherwise = f"{found[1]} lines instead of {journal.length}" if found[1] != journal.length else "another journal"
    return compared(CheckCode.JOURNAL_BOUND, JOURNAL, same=written == found, otherwise=otherwise)


def _answered(materials: Materials) -> Iterator[Check]:
    """Each answer of a person: whose key signed it, by the keys that the plan pinned; what is only stated is told."""
    for line in History(materials.entries).of(PersonAnswered):
        event, person = line.event, materials.plan.person(line.event.person)
        where = f"line {line.seq}: {event.step}: {event.decision} by {event.person} as {event.role}"
        if event.signature is None:
            yield noted(CheckCode.PEOPLE, JOURNAL, f"{where}, stated and not proved")
            continue
        given = given_in(event, plan=materials.plan)
        signed = person is not None and has_signed(given, person=person)
        known = passed(CheckCode.PEOPLE, JOURNAL, f"{where}, key {fingerprint(signing_key(event.signature))}")
        yield known if signed else failed(CheckCode.PEOPLE, JOURNAL, f"{where}: not signed with a key of that person")


def _registered(materials: Materials, proof: RunProof | None, *, trust: Trust) -> Iterator[Check]:
    """Whether the run is in the register. The key that signed the register comes by another way than the evidence."""
    keys = trust.register_keys
    if proof is None:
        answer = noted if trust.without_register else failed
        yield answer(CheckCode.REGISTER, EVIDENCE, "nothing shows that the run was entered in a register")
    elif not keys:
        yield noted(CheckCode.REGISTER, EVIDENCE, "not asked: no key of a register is trusted here")
    else:
        yield from attempted(CheckCode.REGISTER, EVIDENCE, lambda: _entered(materials, proof, keys=keys))


def _entered(materials: Materials, proof: RunProof, *, keys: Sequence[Ed25519PublicKey]) -> Iterator[Check]:
    checkpoint = check_entered(proof, materials=materials, keys=keys)
    first, last = proof.started.entry.seq, proof.ended.entry.seq
    yield passed(CheckCode.REGISTER, EVIDENCE, f"entries {first} and {last} of {checkpoint.size}, {checkpoint.origin}")


def _scanned(run: Mapping[str, bytes], said: ScanResult) -> Iterator[Check]:
    """Scanned again by the rules that are here: what only the organisation can look for is said, not decided."""
    files = tuple(ScannedFile(name=name, sha256=sha256(run[name])) for name in sorted(run))
    if said.rules != RULES_VERSION:
        yield compared(CheckCode.SCAN, EVIDENCE, same=said.files == files, otherwise="other files were scanned")
        found = f", which find {len(hits)} more" if (hits := find(run)) else ""
        yield noted(CheckCode.SCAN, EVIDENCE, f"scanned by rules {said.rules}, here {RULES_VERSION}{found}")
        return
    yield from attempted(CheckCode.SCAN, EVIDENCE, lambda: _scanned_alike(run, said))
    own = [f"pattern {pattern.name}" for pattern in said.patterns]
    own += [f"{said.names.count} names of people"] if said.names else []
    if own:
        yield noted(CheckCode.SCAN, EVIDENCE, f"the organisation's own rules are not known here: {', '.join(own)}")


def _scanned_alike(run: Mapping[str, bytes], said: ScanResult) -> Iterator[Check]:
    again = scan(run).model_copy(update={"patterns": said.patterns, "names": said.names})
    yield compared(CheckCode.SCAN, EVIDENCE, same=again == said, otherwise="other files were scanned")


def _rebuilt(materials: Materials, evidence: Evidence, *, certificate: Certificate | None) -> Iterator[Check]:
    """The whole document again. The scan is compared by itself; another catalogue's words are taken as said."""
    if certificate is None:
        yield failed(CheckCode.EVIDENCE, EVIDENCE, "it names no trusted certificate")
        return
    again = build_evidence(
        materials,
        language=evidence.language,
        mapping=_mapping(materials, evidence),
        signature=restate_signature(certificate, said=evidence.signature),
        scan=evidence.scan,
        registration=evidence.registration,
        versions=evidence.versions,
    )
    fields = type(again).model_fields
    otherwise = ", ".join(name for name in fields if getattr(again, name) != getattr(evidence, name))
    same = canonical(again) == canonical(evidence)
    yield compared(CheckCode.EVIDENCE, EVIDENCE, same=same, otherwise=f"it differs in {otherwise}")
    yield from _taken_as_said(evidence.mapping)


def _mapping(materials: Materials, evidence: Evidence) -> ControlMapping:
    """Made again from the catalogue of this version with the frameworks that were chosen, where that can be known."""
    said, drill = evidence.mapping, materials.plan.drill
    whole = load_whole_catalogue()
    if said.own or said.version != whole.version:
        return said
    chosen = {framework.id for framework in said.frameworks}.intersection(whole.optional)
    return whole.choosing(chosen).mapping(kind=drill.kind, perimeters=drill.perimeters)


def _taken_as_said(said: ControlMapping) -> Iterator[Check]:
    """What the mapping rests on and is not here."""
    here = load_whole_catalogue().version
    if said.version != here:
        yield noted(CheckCode.EVIDENCE, EVIDENCE, f"the mapping is of catalogue {said.version}, here {here}: as said")
    if said.own:
        names = ", ".join(f"{own.name} {own.version} ({own.sha256[:12]})" for own in said.own)
        yield noted(CheckCode.EVIDENCE, EVIDENCE, f"the organisation's own catalogue is not known here: {names}")


def _made_by(evidence: Evidence) -> str:
    return f"computed again, they are others (made with reprise {evidence.versions.get('reprise-drills')})"

"""Builds a site: every page in both languages, the files of each run that verifies, and those of the register."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError
from reports.dossier.extract import read_head
from reports.evidence import Evidence, parse_evidence
from reports.layout import BUNDLE, EVIDENCE, REPORT_PDF, pack, read_bundle
from reports.register.directory import RegisterDirectory
from reports.site.directory import SiteDirectory, replacing
from reports.site.links import DOWNLOADS, FONTS, STYLE, downloads_of
from reports.site.manifest import digest_of_programs
from reports.site.material import Material
from reports.site.pages import (
    REGISTER_ARCHIVE,
    Page,
    languages_of,
    render_entrance,
    render_run,
    render_sections,
    render_style,
)
from reports.site.run import RunSubject, subjects
from reports.site.voice import Voice, voice_of
from reports.typefaces import FACES, read_face

Read = Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What became of a site: how many runs have a page, and of how many it was made again."""

    target: Path
    runs: int
    renewed: int
    unproved: int


def build_site(
    target: Path, *, material: Material, bundles: Mapping[str, Read], register: bytes, language: Language
) -> Built:
    """Write the whole site. Given twice the same, it is the same, byte for byte.

    Args:
        target: Missing, empty, or a site that this function made.
        material: What the pages say.
        bundles: How to read each run's bundle. Only what verified when the material was gathered is shown.
        register: The bytes of `register.jsonl`.
        language: That of the entrance.

    Raises:
        UsageError: Something else is at the target. Nothing was touched.
        EvidenceError: A bundle changed since it was verified.
        StoreError: It cannot be written.
    """
    with replacing(target) as site:
        _write_assets(site)
        _write_page(site, render_entrance(material.organisation, language=language))
        kept = {REGISTER_ARCHIVE: _pack_register(register, material.note)} if material.note else {}
        for name, content in kept.items():
            site.write(f"{DOWNLOADS}/register/{name}", content)
        voices = {one: voice_of(material.within(one).outlook) for one in languages_of(language)}
        for one in voices:
            for page in render_sections(material, language=one, downloads=kept):
                _write_page(site, page)
        names = next(iter(voices.values())).whole.names.drills
        runs = subjects(material, titles=names, maker=digest_of_programs())
        renewed = sum(_write_run(site, run, bundles=bundles, voices=voices) for run in runs)
    return Built(target=target, runs=len(runs), renewed=renewed, unproved=sum(not run.proved for run in runs))


def _pack_register(register: bytes, note: str) -> bytes:
    """The register as `reprise register verify` reads it once it is unpacked."""
    there = RegisterDirectory(Path())
    content = note.encode()
    names = (there.log, there.checkpoint, there.note(read_head(note).size))
    return pack(dict(zip((name.as_posix() for name in names), (register, content, content), strict=True)))


def _write_assets(site: SiteDirectory) -> None:
    site.write(STYLE, render_style().encode())
    for name in FACES.values():
        site.write(f"{FONTS}/{name}", read_face(name))


def _write_page(site: SiteDirectory, page: Page) -> None:
    site.write(page.path, page.html.encode())


def _write_run(
    site: SiteDirectory, subject: RunSubject, *, bundles: Mapping[str, Read], voices: Mapping[Language, Voice]
) -> bool:
    """Whether the page of a run had to be made again."""
    run_id = subject.line.run_id
    if site.keep_run(run_id, fingerprint=subject.fingerprint):
        return False
    evidence, downloads = _read(subject, bundles) if subject.proved else (None, {})
    pages = [
        render_run(subject, language=one, voice=voice, evidence=evidence, downloads=downloads)
        for one, voice in voices.items()
    ]
    files = {page.path: page.html.encode() for page in pages}
    files |= {f"{downloads_of(run_id)}/{name}": content for name, content in downloads.items()}
    site.write_run(run_id, fingerprint=subject.fingerprint, files=files)
    return True


def _read(subject: RunSubject, bundles: Mapping[str, Read]) -> tuple[Evidence, Mapping[str, bytes]]:
    """The evidence of a run, and what can be downloaded of it: the bytes that were verified, and no others."""
    run_id, report = subject.line.run_id, subject.line.report
    content = bundles[run_id]()
    if report is None or sha256(content) != report.bundle_sha256:
        raise EvidenceError(f"{run_id}: the bundle changed while the site was made", hint="make it again")
    files = read_bundle(content)
    downloads = {REPORT_PDF: files[REPORT_PDF], BUNDLE: content, EVIDENCE: files[EVIDENCE]}
    return parse_evidence(files[EVIDENCE]), downloads

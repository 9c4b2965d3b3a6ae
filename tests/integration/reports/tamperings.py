"""Every kind of tampering: how each case of it is made, and what a verifier has to say of it.

The one list: the tests try each case on both verifiers, and `tests/benchmarks/tampering.py` prints a table of it.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import rfc8785

from reports.bundle import CERTIFICATE, build_bundle
from reports.evidence import parse_evidence
from reports.keys import certificate_pem
from reports.layout import (
    ARCHIVED,
    ATTESTATION,
    BUNDLE,
    EVIDENCE,
    REPORT_HTML,
    REPORT_PDF,
    VERDICT,
    pack,
    read_bundle,
    read_directory,
)
from reports.materials import DRILL, JOURNAL, PLAN
from reports.pdf import seal_pdf
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.forgeries import (
    SERVICE,
    Files,
    computed_again,
    drawn_again,
    flattered,
    retold,
    shortened,
    signed_by,
    swapped,
)
from tests.integration.reports.tampered_pdf import ATTACHMENT_SWAPS, PDF_BYTES, PDF_UPDATES, byte_range, flip, unsealed

CANARY = "samples/canary.csv"
FILES = (PLAN, JOURNAL, DRILL, SERVICE, CANARY, VERDICT, EVIDENCE, REPORT_HTML, REPORT_PDF, ATTESTATION)
"""Everything of a run that is evidence."""
ALIKE = {DRILL, CANARY}
"""What the other runs have byte for byte: there is nothing to swap."""
SPREAD = 8
"""Bytes of each file that go through both whole verifiers; `tampered_bytes` tries each one."""
Wrong = frozenset[tuple[str, str]]
"""Questions with their subjects. One of them at least has to be answered with no."""


class Place(StrEnum):
    """What is handed to the verifiers, and its name."""

    RUN = "run"
    BUNDLE = BUNDLE
    PDF = REPORT_PDF


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampering:
    """One case: what is written anew (None: taken away), and what is wrong with it."""

    label: str
    changed: Mapping[str, bytes | None]
    wrong: Wrong


@dataclass(frozen=True, kw_only=True)
class Stock:
    """What tamperers have: a sealed run, another one sealed with the same key, and a key of their own."""

    run: Path
    other: Files
    own: Seal
    foreign: Seal

    @cached_property
    def files(self) -> Files:
        """The sealed run's files."""
        return read_directory(self.run)

    @cached_property
    def bundle(self) -> bytes:
        """The sealed run's bundle."""
        return (self.run / BUNDLE).read_bytes()

    @cached_property
    def shortened(self) -> Files:
        """A shorter interruption, everywhere: reports and signatures too, with the tamperer's own key."""
        forged = shortened(self.files)
        before, after = (parse_evidence(files[EVIDENCE]).measurements for files in (self.files, forged))
        if before == after:
            raise AssertionError("the forgery changes no figure")
        return signed_by(drawn_again(forged, self.foreign), self.foreign)


def make_stock(run: Path, *, own: Seal, foreign: Seal, directory: Path) -> Stock:
    """Seal another run, with another outcome, with the same key; its samples are those of a third.

    Args:
        run: A sealed run, only to be read.
        own: Who sealed it.
        foreign: Who tampers.
        directory: Where to write; empty.
    """
    other, third = (write_run(directory / story, story=story) for story in (Story.FAILED, Story.STOPPED))
    own.seal(other)
    files = read_directory(other) | {SERVICE: (third / SERVICE).read_bytes()}
    return Stock(run=run, other=files, own=own, foreign=foreign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of tampering, and how its cases are made."""

    name: str
    place: Place
    make: Callable[[Stock], Iterator[Tampering]]


def about(name: str, *, place: Place = Place.RUN) -> Wrong:
    """What has to be wrong when a file is not what was signed."""
    unsure = {("readable", str(place)), ("certificate", EVIDENCE)} if name == EVIDENCE else set()
    question = "attestation-signature" if name == ATTESTATION else "file-digest"
    return frozenset({(question, name), *unsure})


UNSIGNED: Wrong = frozenset({("attestation-signature", ATTESTATION)})
UNREADABLE: Wrong = frozenset({("readable", BUNDLE)})
UNSEALED: Wrong = frozenset(
    {("pdf-whole", REPORT_PDF), ("pdf-signature", REPORT_PDF), ("readable", REPORT_PDF)},
)
BEHIND: Wrong = frozenset({("archive", ARCHIVED)})
"""What is behind the seal may be an archive time-stamp, and nothing else."""


# Files of a run.


def spread(content: bytes, count: int) -> Iterator[int]:
    """Places all over a file, its first and its last byte among them."""
    yield from sorted({round(part * (len(content) - 1) / (count - 1)) for part in range(count)})


def _each(
    changes: Callable[[bytes], Iterable[tuple[str, bytes | None]]],
) -> Callable[[Stock], Iterator[Tampering]]:
    """These changes of each file, one after the other."""

    def make(stock: Stock) -> Iterator[Tampering]:
        for name in FILES:
            for label, content in changes(stock.files[name]):
                yield Tampering(label=f"{name}: {label}", changed={name: content}, wrong=about(name))

    return make


def _flips(content: bytes) -> Iterator[tuple[str, bytes]]:
    for number, at in enumerate(spread(content, SPREAD)):
        yield f"bit {number % 8} of byte {at}", flip(content, at, bit=number % 8)


def _of_another_run(stock: Stock) -> Iterator[Tampering]:
    for name in FILES:
        if name not in ALIKE:
            yield Tampering(label=name, changed={name: stock.other[name]}, wrong=_replaced(name))


def _replaced(name: str) -> Wrong:
    """Another run's attestation is well signed; it states something else."""
    return frozenset({("statement", name)}) if name == ATTESTATION else about(name)


def _exchanged(stock: Stock) -> Iterator[Tampering]:
    for one, other in ((PLAN, VERDICT), (SERVICE, CANARY), (REPORT_HTML, REPORT_PDF), (JOURNAL, DRILL)):
        swap = {one: stock.files[other], other: stock.files[one]}
        yield Tampering(label=f"{one} and {other}", changed=swap, wrong=about(one))


# Signatures.


def _envelope(files: Files) -> dict[str, str]:
    envelope = json.loads(files[ATTESTATION])["dsseEnvelope"]
    return {"payload": envelope["payload"], "sig": envelope["signatures"][0]["sig"]}


def _attestation(stock: Stock, *, payload: str, sig: str) -> bytes:
    bundle = json.loads(stock.files[ATTESTATION])
    bundle["dsseEnvelope"] |= {"payload": payload, "signatures": [{"sig": sig}]}
    return rfc8785.dumps(bundle)


def _replayed(stock: Stock) -> Iterator[Tampering]:
    """All of it is signed with the own key, and none of it over this."""
    own, other = _envelope(stock.files), _envelope(stock.other)
    forged = _envelope(signed_by(flattered(stock.files), stock.foreign))
    sealed_again = {name: stock.other[name] for name in (EVIDENCE, VERDICT, REPORT_HTML, REPORT_PDF, ATTESTATION)}
    cases: dict[str, tuple[Files, Wrong]] = {
        "another run's signature": ({ATTESTATION: _attestation(stock, **own | {"sig": other["sig"]})}, UNSIGNED),
        "over another run's statement": (
            {ATTESTATION: _attestation(stock, **other | {"sig": own["sig"]})},
            UNSIGNED,
        ),
        "over flattered figures": (
            flattered(stock.files) | {ATTESTATION: _attestation(stock, **forged | {"sig": own["sig"]})},
            UNSIGNED,
        ),
        "another run's attestation": ({ATTESTATION: stock.other[ATTESTATION]}, _replaced(ATTESTATION)),
        "another run's evidence and signatures": (sealed_again, about(JOURNAL)),
        "another run's seal in the report": (
            {REPORT_PDF: _with_seal_of(stock.other[REPORT_PDF], stock.files[REPORT_PDF])},
            about(REPORT_PDF),
        ),
    }
    for label, (changed, wrong) in cases.items():
        yield Tampering(label=label, changed=changed, wrong=wrong)


def _with_seal_of(other: bytes, pdf: bytes) -> bytes:
    """A PDF with the digits of another one's seal in the place of its own."""
    (start, end), (begin, close) = byte_range(pdf), byte_range(other)
    return pdf[:start] + other[begin:close][: end - start].ljust(end - start, b"0") + pdf[end:]


# The journal.


def _lines(
    change: Callable[[list[bytes], int], list[bytes]],
) -> Callable[[Stock], Iterator[Tampering]]:
    """This change at every twelfth line and at the last, the chain left as it was."""

    def make(stock: Stock) -> Iterator[Tampering]:
        lines = stock.files[JOURNAL].splitlines(keepends=True)
        for at in sorted({*range(0, len(lines), 12), len(lines) - 1}):
            altered = b"".join(change(lines, at))
            yield Tampering(label=f"line {at}", changed={JOURNAL: altered}, wrong=about(JOURNAL))

    return make


def _line_reordered(lines: list[bytes], at: int) -> list[bytes]:
    rest = lines[:at] + lines[at + 1 :]
    goes = (at + 1) % len(lines)
    return [*rest[:goes], lines[at], *rest[goes:]]


RETOLD: dict[str, Callable[[Files], Files]] = {
    "a line removed": lambda files: retold(files, lambda entries: entries[:30] + entries[31:]),
    "the last line removed": lambda files: retold(files, lambda entries: entries[:-1]),
    "lines reordered": lambda files: retold(files, swapped),
    "a line twice": lambda files: retold(files, lambda entries: entries[:30] + entries[29:]),
    "a line of another time": lambda files: retold(
        files, lambda entries: [*entries[:50], entries[50].model_copy(update={"at": entries[49].at}), *entries[51:]]
    ),
}
"""The chain is computed again."""


def _rechained(stock: Stock) -> Iterator[Tampering]:
    for label, forge in RETOLD.items():
        forged = forge(stock.files)
        yield Tampering(label=label, changed={JOURNAL: forged[JOURNAL]}, wrong=about(JOURNAL))


def _rechained_and_signed(stock: Stock) -> Iterator[Tampering]:
    """Digests and statement made again, and signed with another key; evidence made again where figures come of it."""
    for label, forge in RETOLD.items():
        yield Tampering(label=label, changed=signed_by(forge(stock.files), stock.foreign), wrong=UNSIGNED)
    for label in ("a line removed", "lines reordered"):
        forged = signed_by(computed_again(RETOLD[label](stock.files)), stock.foreign)
        yield Tampering(label=f"{label}, evidence made again", changed=forged, wrong=UNSIGNED)


# Figures, by somebody who has everything but the key.


def _figures(stock: Stock) -> Iterator[Tampering]:
    best = signed_by(flattered(stock.files), stock.foreign)
    yield Tampering(label="evidence, verdict, statement", changed=best, wrong=UNSIGNED)
    yield Tampering(label="journal, statement, both reports", changed=stock.shortened, wrong=UNSIGNED)
    kept = stock.shortened | {ATTESTATION: stock.files[ATTESTATION]}
    yield Tampering(label="all but the attestation", changed=kept, wrong=about(JOURNAL))
    report = stock.shortened | {REPORT_PDF: stock.files[REPORT_PDF]}
    yield Tampering(label="all but the report", changed=signed_by(report, stock.foreign), wrong=UNSIGNED)


def _figures_in_bundle(stock: Stock) -> Iterator[Tampering]:
    for label, files in (
        ("evidence, verdict, statement", signed_by(flattered(stock.files), stock.foreign)),
        ("journal, statement, both reports", stock.shortened),
    ):
        for whose, certificate in (("own", stock.own.certificate), ("tamperer's", stock.foreign.certificate)):
            content = build_bundle(files, certificate=certificate)
            yield Tampering(label=f"{label}; {whose} certificate", changed={BUNDLE: content}, wrong=UNSIGNED)


def _figures_in_pdf(stock: Stock) -> Iterator[Tampering]:
    pdf = stock.shortened[REPORT_PDF]
    yield Tampering(label="report and all that is attached", changed={REPORT_PDF: pdf}, wrong=UNSEALED)
    replayed = _with_seal_of(stock.files[REPORT_PDF], pdf)
    yield Tampering(label="the same, with the good seal", changed={REPORT_PDF: replayed}, wrong=UNSEALED)


# The PDF alone.


def _pdf(
    changes: Mapping[str, Callable[[bytes], bytes]], *, wrong: Wrong = UNSEALED
) -> Callable[[Stock], Iterator[Tampering]]:
    def make(stock: Stock) -> Iterator[Tampering]:
        for label, change in changes.items():
            yield Tampering(label=label, changed={REPORT_PDF: change(stock.files[REPORT_PDF])}, wrong=wrong)

    return make


def _pdf_flips(stock: Stock) -> Iterator[Tampering]:
    pdf = stock.files[REPORT_PDF]
    for number, at in enumerate(spread(pdf, 24)):
        content = flip(pdf, at, bit=number % 8)
        yield Tampering(label=f"byte {at}", changed={REPORT_PDF: content}, wrong=UNSEALED)
    yield from _pdf(PDF_BYTES)(stock)


def _attachments_swapped(stock: Stock) -> Iterator[Tampering]:
    """Before anything is signed; then sealed with another key, under the same name."""
    drawn = unsealed(stock.files[REPORT_PDF])
    for label, change in ATTACHMENT_SWAPS.items():
        seal = stock.foreign
        pdf = seal_pdf(change(drawn), signer=seal.signer, certificate=seal.certificate, reason="essai")
        yield Tampering(label=label, changed={REPORT_PDF: pdf}, wrong=UNSEALED)


def _pdf_replayed(stock: Stock) -> Iterator[Tampering]:
    cases = {
        "another run's seal": _with_seal_of(stock.other[REPORT_PDF], stock.files[REPORT_PDF]),
        "before it was sealed": unsealed(stock.files[REPORT_PDF]),
    }
    for label, content in cases.items():
        yield Tampering(label=label, changed={REPORT_PDF: content}, wrong=UNSEALED)


# The bundle.


def _bundle_flips(stock: Stock) -> Iterator[Tampering]:
    for number, at in enumerate(spread(stock.bundle, 32)):
        content = flip(stock.bundle, at, bit=number % 8)
        yield Tampering(label=f"byte {at}", changed={BUNDLE: content}, wrong=UNREADABLE)


def _bundle_cut(stock: Stock) -> Iterator[Tampering]:
    whole = stock.bundle
    cases = {
        "empty": b"",
        "cut by a byte": whole[:-1],
        "cut in half": whole[: len(whole) // 2],
        "a byte more": whole + b"\n",
        "a byte before": b"\n" + whole,
        "twice": whole * 2,
        "a comment": whole[:-2] + b"\x02\x00ok",
        "compressed": _packed_otherwise(whole, compression=zipfile.ZIP_DEFLATED),
        "in another order": _packed_otherwise(whole, backwards=True),
    }
    for label, content in cases.items():
        yield Tampering(label=label, changed={BUNDLE: content}, wrong=UNREADABLE)


def _packed_otherwise(whole: bytes, *, compression: int = zipfile.ZIP_STORED, backwards: bool = False) -> bytes:
    files, output = read_bundle(whole), io.BytesIO()
    with zipfile.ZipFile(output, "w", compression=compression) as archive:
        for name in sorted(files, reverse=backwards):
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), files[name], compression)
    return output.getvalue()


def _members(stock: Stock) -> Iterator[Tampering]:
    held = read_bundle(stock.bundle)
    for name in FILES:
        wrong = about(name, place=Place.BUNDLE)
        left = {other: content for other, content in held.items() if other != name}
        yield Tampering(label=f"{name}: missing", changed={BUNDLE: pack(left)}, wrong=wrong)
        if name not in ALIKE:
            changed = pack(held | {name: stock.other[name]})
            yield Tampering(label=f"{name}: another run's", changed={BUNDLE: changed}, wrong=_replaced(name))
    foreign = certificate_pem(stock.foreign.certificate)
    for name, content in (("approved.txt", b"yes"), ("samples/more.csv", b"a\n"), (CERTIFICATE, foreign)):
        changed = pack(held | {name: content})
        wrong = frozenset({("file-unbound", name)})
        yield Tampering(label=f"{name}: put in", changed={BUNDLE: changed}, wrong=wrong)


KINDS = (
    Kind(name="a byte flipped, all over each file", place=Place.RUN, make=_each(_flips)),
    Kind(name="a file removed", place=Place.RUN, make=_each(lambda content: [("missing", None)])),
    Kind(
        name="a file truncated",
        place=Place.RUN,
        make=_each(lambda c: [("empty", b""), ("by a byte", c[:-1]), ("in half", c[: len(c) // 2])]),
    ),
    Kind(
        name="a file extended",
        place=Place.RUN,
        make=_each(lambda c: [("a line feed", c + b"\n"), ("a blank before", b" " + c), ("twice", c * 2)]),
    ),
    Kind(name="a file of another run", place=Place.RUN, make=_of_another_run),
    Kind(name="two files exchanged", place=Place.RUN, make=_exchanged),
    Kind(name="a signature replayed", place=Place.RUN, make=_replayed),
    Kind(name="a journal line removed", place=Place.RUN, make=_lines(lambda lines, at: lines[:at] + lines[at + 1 :])),
    Kind(name="journal lines reordered", place=Place.RUN, make=_lines(_line_reordered)),
    Kind(name="a journal rewritten, its chain recomputed", place=Place.RUN, make=_rechained),
    Kind(name="the same, signed with another key", place=Place.RUN, make=_rechained_and_signed),
    Kind(name="figures changed everywhere", place=Place.RUN, make=_figures),
    Kind(name="figures changed everywhere, packed", place=Place.BUNDLE, make=_figures_in_bundle),
    Kind(name="figures changed everywhere, the PDF alone", place=Place.PDF, make=_figures_in_pdf),
    Kind(name="a byte of the PDF flipped", place=Place.PDF, make=_pdf_flips),
    Kind(name="an incremental update, junk, a cut", place=Place.PDF, make=_pdf(PDF_UPDATES, wrong=UNSEALED | BEHIND)),
    Kind(name="attachments swapped, sealed with another key", place=Place.PDF, make=_attachments_swapped),
    Kind(name="a seal replayed or left out", place=Place.PDF, make=_pdf_replayed),
    Kind(name="a byte of the bundle flipped", place=Place.BUNDLE, make=_bundle_flips),
    Kind(name="the bundle cut, extended, packed otherwise", place=Place.BUNDLE, make=_bundle_cut),
    Kind(name="members removed, replaced, put in", place=Place.BUNDLE, make=_members),
)

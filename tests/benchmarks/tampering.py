"""The tamper table: how many cases of each kind, who finds them, who calls them valid, and what they are named as.

Run as `python -m tests.benchmarks.tampering` with poppler-utils, openssl and coreutils at hand. Ends with 1 if a case
was found by one of both verifiers only, or by none.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.layout import ATTESTATION
from tests.integration.reports.bare import Bare, make_bare
from tests.integration.reports.conftest import make_seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.tamper_judges import (
    Judged,
    judge,
    openssl_accepts_attestation,
    openssl_accepts_seal,
    pdfsig_accepts,
    sha256sum_accepts,
)
from tests.integration.reports.tampered_bytes import Alone, by_product, small, unnoticed
from tests.integration.reports.tamperings import KINDS, Kind, Place, Stock, make_stock

HEADS = ("kind", "of", "cases", "reprise verify", "stand-alone", "pdfsig", "openssl", "sha256sum", "named as")
Accepts = Callable[[Path], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind: cases, found by each verifier, called valid by others (None: not asked), named as."""

    kind: str
    place: str
    cases: int
    found: int
    found_alone: int
    accepted: tuple[int | None, int | None, int | None]
    """By pdfsig, openssl and sha256sum."""
    named: str


def main() -> int:
    """Print the table, and its totals."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        stock, bare = _stock(directory), make_bare(_made(directory / "packages"))
        rows = [_bytes(stock), *(_row(kind, stock=stock, bare=bare, directory=directory) for kind in KINDS)]
    sys.stdout.write("".join(_lines(rows)))
    return int(any({row.found, row.found_alone} != {row.cases} for row in rows))


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory


def _stock(directory: Path) -> Stock:
    own, foreign = make_seal(directory / "own"), make_seal(directory / "foreign")
    run = write_run(directory / "sealed" / "run", story=Story.PASSED)
    own.seal(run)
    return make_stock(run, own=own, foreign=foreign, directory=directory / "others")


def _bytes(stock: Stock) -> Row:
    """Each byte of each small file, by the checks that find it."""
    alone, certificate, unseen, unseen_alone = Alone(), stock.own.certificate, 0, 0
    contents = {name: stock.files[name] for name in small(stock.files)}
    for name, content in contents.items():
        unseen += len(unnoticed(content, by_product(stock.files, name, certificate=certificate)))
        unseen_alone += len(unnoticed(content, alone.asks(stock.files, name, certificate=certificate)))
    cases, signed = sum(map(len, contents.values())), len(contents[ATTESTATION])
    return Row(
        kind="each byte of each small file flipped",
        place=f"{len(contents)} files",
        cases=cases,
        found=cases - unseen,
        found_alone=cases - unseen_alone,
        accepted=(None, None, None),
        named=f"file-digest {cases - signed}, attestation-signature {signed}",
    )


def _row(kind: Kind, *, stock: Stock, bare: Bare, directory: Path) -> Row:
    made = _made(directory / "cases" / str(KINDS.index(kind)))
    judged = list(judge(kind, stock=stock, bare=bare, directory=made))
    pdfsig, openssl, sha256sum = (accepts and _count(accepts, judged) for accepts in _others(kind.place, stock=stock))
    return Row(
        kind=kind.name,
        place=kind.place,
        cases=len(judged),
        found=sum(one.found for one in judged),
        found_alone=sum(one.found_alone for one in judged),
        accepted=(pdfsig, openssl, sha256sum),
        named=_named(judged),
    )


def _count(accepts: Accepts, judged: Sequence[Judged]) -> int:
    return sum(accepts(one.path) for one in judged)


def _others(place: Place, *, stock: Stock) -> tuple[Accepts | None, Accepts | None, Accepts | None]:
    """Who is asked about it beside the verifiers: pdfsig, openssl, sha256sum."""
    certificate = stock.own.certificate_path
    if place is Place.PDF:
        return pdfsig_accepts, lambda path: openssl_accepts_seal(path, certificate=certificate), None
    if place is Place.RUN:
        return None, lambda path: openssl_accepts_attestation(path, certificate=certificate), sha256sum_accepts
    return None, None, None


def _named(judged: Sequence[Judged]) -> str:
    """The questions that the product answers with no about what was changed, and in how many cases each."""
    counts = Counter(
        question for one in judged for question in {named for named, _ in one.failures & one.tampering.wrong}
    )
    return ", ".join(f"{question} {count}" for question, count in counts.most_common())


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    yield f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}\n"
    for row in rows:
        others = ("—" if count is None else count for count in row.accepted)
        cells = (row.kind, row.place, row.cases, row.found, row.found_alone, *others, row.named)
        yield f"| {' | '.join(map(str, cells))} |\n"
    totals = (sum(row.cases for row in rows), sum(row.found for row in rows), sum(row.found_alone for row in rows))
    yield f"| all | | {' | '.join(map(str, totals))} | | | | |\n"


if __name__ == "__main__":
    sys.exit(main())

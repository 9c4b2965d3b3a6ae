"""What the entries of a register say of its runs: which are open, which were never sealed, which cannot be. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from reports.register.entries import DrillEnded, DrillStarted, FilesRemoved, RegisterEntry, RunSealed
from reports.register.findings import FaultCode, Finding
from reports.register.holds import Holds

_KINDS: dict[type[DrillStarted | DrillEnded | RunSealed], str] = {
    DrillStarted: "begun",
    DrillEnded: "ended",
    RunSealed: "sealed",
}


def examine_runs(entries: Sequence[RegisterEntry]) -> tuple[Finding, ...]:
    """Name every run whose entries must be explained, every attempt at a run that was not there before, what was
    removed and had to be kept, and every instant before that of the entry ahead of it.
    """
    by_run: dict[str, list[RegisterEntry]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry.event, DrillStarted | DrillEnded | RunSealed):
            by_run[entry.event.run_id].append(entry)
    found = [finding for run, written in by_run.items() for finding in _of_run(run, written)]
    return (*found, *_retries(entries), *_removals(entries), *_dates(entries))


def open_runs(entries: Sequence[RegisterEntry]) -> tuple[RegisterEntry, ...]:
    """The beginnings of runs that have no end: a drill that runs now, was killed, or is being hidden."""
    ended = {entry.event.run_id for entry in entries if isinstance(entry.event, DrillEnded)}
    started = (entry for entry in entries if isinstance(entry.event, DrillStarted))
    return tuple(entry for entry in started if getattr(entry.event, "run_id", None) not in ended)


def _of_run(run: str, written: Sequence[RegisterEntry]) -> Iterator[Finding]:
    places = {kind: [entry.seq for entry in _once(written) if isinstance(entry.event, kind)] for kind in _KINDS}
    for kind, seqs in places.items():
        if len(seqs) > 1:
            yield _finding(FaultCode.RUN_REPEATED, run, f"{_KINDS[kind]} in entries {_listed(seqs)}", seq=seqs[1])
    started, ended, sealed = places[DrillStarted], places[DrillEnded], places[RunSealed]
    first = written[0].seq
    if not started or started[0] != first:
        detail = f"entry {first} speaks of it before it was entered as begun"
        yield _finding(FaultCode.RUN_UNSTARTED, run, detail, seq=first)
    if sealed and (not ended or sealed[0] < ended[0]):
        detail = f"entry {sealed[0]} seals it before it was entered as ended"
        yield _finding(FaultCode.RUN_UNENDED, run, detail, seq=sealed[0])
    if started and not ended:
        detail = f"begun in entry {started[0]}, and nothing says how it ended"
        yield _finding(FaultCode.RUN_OPEN, run, detail, seq=started[0])
    if ended and not sealed:
        detail = f"ended in entry {ended[0]}, and its evidence was never sealed"
        yield _finding(FaultCode.RUN_UNSEALED, run, detail, seq=ended[0])


def _retries(entries: Sequence[RegisterEntry]) -> Iterator[Finding]:
    """An attempt must name a run of the same drill that was entered as begun before it."""
    drills: dict[str, str] = {}
    for entry in entries:
        event = entry.event
        if not isinstance(event, DrillStarted):
            continue
        if event.retry_of is not None and drills.get(event.retry_of) != event.drill:
            detail = f"entry {entry.seq} begins it as another attempt at {event.retry_of}, "
            detail += "no earlier run of the same drill"
            yield _finding(FaultCode.RETRY_UNFOUNDED, event.run_id, detail, seq=entry.seq)
        drills.setdefault(event.run_id, event.drill)


def _removals(entries: Sequence[RegisterEntry]) -> Iterator[Finding]:
    """Nothing is removed of a run that is not sealed, or that somebody holds."""
    sealed, holds = set[str](), Holds()
    for entry in entries:
        holds.take(entry)
        match entry.event:
            case RunSealed(run_id=run_id):
                sealed.add(run_id)
            case FilesRemoved(run_id=run_id):
                why = [f"while the hold of entry {hold.seq} was in force" for hold in holds.of(run_id)]
                why += [] if run_id in sealed else ["before it was entered as sealed"]
                detail = f"entry {entry.seq} removes files of it {' and '.join(why)}"
                yield from [_finding(FaultCode.REMOVAL_UNFOUNDED, run_id, detail, seq=entry.seq)] if why else []
            case _:
                pass


def _once(written: Sequence[RegisterEntry]) -> Iterator[RegisterEntry]:
    """Without a seal that says the same again: sealing that was stopped is done again, and that is no contradiction."""
    known: set[str] = set()
    for entry in written:
        if not isinstance(entry.event, RunSealed):
            yield entry
        elif entry.event.attestation_sha256 not in known:
            known.add(entry.event.attestation_sha256)
            yield entry


def _dates(entries: Sequence[RegisterEntry]) -> Iterator[Finding]:
    for before, entry in pairwise(entries):
        if entry.at < before.at:
            detail = f"it is dated {before.at - entry.at} before the entry ahead of it"
            yield Finding(code=FaultCode.CLOCK_WENT_BACK, subject=f"entry {entry.seq}", detail=detail, seq=entry.seq)


def _finding(code: FaultCode, run: str, detail: str, *, seq: int) -> Finding:
    return Finding(code=code, subject=run, detail=detail, seq=seq)


def _listed(seqs: Sequence[int]) -> str:
    return ", ".join(str(seq) for seq in seqs)

"""Whatever somebody does to a register is found and named: by one without its key, and by one who has it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.register.audit import Found, examine
from reports.register.chain import Chain
from reports.register.checkpoint import SignedCheckpoint, origin_of
from reports.register.entries import RegisterEntry, RegisterEvent
from reports.register.findings import Audit, FaultCode
from reports.register.heads import Kept
from reports.register.note import SignatureType, VerifierKey
from reports.signers import KeySigner
from tests.unit.reports.register.conftest import (
    KEY,
    NOON,
    ORIGIN,
    OTHER,
    SECRET,
    chained,
    ended,
    sealed,
    signed,
    started,
)

RUNS = 4
EVENTS: list[RegisterEvent] = [
    event for run in range(RUNS) for event in (started(f"run-{run}"), ended(f"run-{run}"), sealed(f"run-{run}"))
]
SIZE = len(EVENTS)
WITNESS = VerifierKey("witness.example/w1", OTHER.public_key(), SignatureType.COSIGNATURE)


def found(chain: Chain, *, sizes: Sequence[int] | None = None) -> Found:
    """A register as it is left by the product, a checkpoint kept at each of these sizes."""
    kept = range(chain.size + 1) if sizes is None else sizes
    return Found(
        log=joined(entry.line for entry in chain.entries(chain.size)),
        newest=signed(chain).content,
        notes={size: signed(chain, size=size).content for size in kept},
        cosigned={},
        tokens={},
    )


def joined(lines: object) -> bytes:
    return b"".join(line + b"\n" for line in lines)  # type: ignore[attr-defined]


CHAIN = chained(EVENTS)
LINES = [entry.line for entry in CHAIN.entries(SIZE)]
SOUND = found(CHAIN)


def audited(register: Found, *, kept: Sequence[Kept] = ()) -> Audit:
    return examine(register, keys=[KEY], kept=kept, witnesses=[WITNESS], origin=ORIGIN)


def with_lines(lines: Sequence[bytes], *, register: Found = SOUND) -> Found:
    return replace(register, log=joined(lines))


def named(audit: Audit) -> list[tuple[str, int | None]]:
    return [(finding.code.value, finding.seq) for finding in audit.failures]


def rechained(events: Sequence[RegisterEvent]) -> list[bytes]:
    """What one leaves who changes entries and makes every number and link fit again, but cannot sign."""
    return [entry.line for entry in chained(events).entries(len(events))]


def test_a_sound_register_is_valid() -> None:
    audit = audited(SOUND)
    assert (audit.valid, audit.findings) == (True, ())
    assert (audit.origin, audit.entries, audit.signed, audit.checkpoints) == (ORIGIN, SIZE, SIZE, SIZE + 1)


def test_without_a_trusted_key_nothing_is_valid() -> None:
    for keys in ([], [OTHER.public_key()]):
        audit = examine(SOUND, keys=keys)
        assert not audit.valid
        assert {finding.code for finding in audit.failures} == {FaultCode.CHECKPOINT_FOREIGN}
        assert audit.origin is None


def test_an_empty_directory_is_not_valid() -> None:
    nothing = Found(log=b"", newest=b"", notes={}, cosigned={}, tokens={})
    assert named(audited(nothing)) == [("checkpoint-missing", None)]
    assert not audited(nothing).valid


@pytest.mark.parametrize("seq", range(SIZE))
class TestByOneWithoutTheKey:
    """Each entry in turn."""

    def test_an_altered_entry(self, seq: int) -> None:
        lines = list(LINES)
        lines[seq] = lines[seq].replace(b"run-", b"ran-")
        audit = audited(with_lines(lines))
        assert ("entry-altered", seq) in named(audit)
        assert [code for code, _ in named(audit) if code.startswith("entry")] == ["entry-altered"]

    def test_an_entry_that_became_no_entry(self, seq: int) -> None:
        lines = list(LINES)
        lines[seq] = lines[seq][:-1]
        assert named(audited(with_lines(lines)))[:1] == [("entry-malformed", seq)]

    def test_a_removed_entry(self, seq: int) -> None:
        audit = audited(with_lines(LINES[:seq] + LINES[seq + 1 :]))
        expected = ("entry-removed" if seq < SIZE - 1 else "tail-cut", seq)
        assert expected in named(audit)
        assert {code for code, _ in named(audit) if not code.startswith("run")} == {expected[0]}

    def test_an_inserted_entry_with_a_number_that_is_there(self, seq: int) -> None:
        forged = _forged_entry(seq)
        audit = audited(with_lines([*LINES[:seq], forged, *LINES[seq:]]))
        codes = [(finding.code, finding.line) for finding in audit.failures if finding.code.startswith("entry")]
        if seq < SIZE - 1:
            assert codes == [(FaultCode.ENTRY_INSERTED, seq + 1)]
        else:  # Nothing is tied to the last one: the checkpoint tells.
            assert not audit.valid

    def test_a_copied_entry(self, seq: int) -> None:
        audit = audited(with_lines([*LINES, LINES[seq]]))
        assert [(f.code, f.seq, f.line) for f in audit.failures if f.code.startswith("entry")] == [
            (FaultCode.ENTRY_INSERTED, seq, SIZE + 1)
        ]

    def test_a_moved_entry(self, seq: int) -> None:
        for place in range(SIZE):
            lines = LINES[:seq] + LINES[seq + 1 :]
            lines.insert(place, LINES[seq])
            if lines == LINES:
                continue
            failures = named(audited(with_lines(lines)))
            moved = [number for code, number in failures if code == "entry-moved"]
            neighbours = {seq, place} if abs(seq - place) == 1 else {seq}
            assert len(moved) == 1
            assert moved[0] in neighbours

    def test_an_altered_entry_with_every_link_made_to_fit(self, seq: int) -> None:
        events = [*EVENTS[:seq], EVENTS[seq].model_copy(update={"run_id": "run-x"}), *EVENTS[seq + 1 :]]
        audit = audited(with_lines(rechained(events)))
        assert ("entry-altered", seq) in named(audit)
        assert "made to fit again" in audit.failures[0].detail

    def test_a_removed_entry_with_every_number_made_to_fit(self, seq: int) -> None:
        audit = audited(with_lines(rechained(EVENTS[:seq] + EVENTS[seq + 1 :])))
        assert ("entry-removed" if seq < SIZE - 1 else "tail-cut", seq) in named(audit)

    def test_an_inserted_entry_with_every_number_made_to_fit(self, seq: int) -> None:
        audit = audited(with_lines(rechained([*EVENTS[:seq], started("run-x"), *EVENTS[seq:]])))
        assert ("entry-inserted", seq) in named(audit)

    def test_a_cut_tail(self, seq: int) -> None:
        audit = audited(with_lines(LINES[:seq]))
        (cut,) = [finding for finding in audit.failures if finding.code is FaultCode.TAIL_CUT]
        assert cut.seq == seq
        assert cut.subject == (f"entries {seq} to {SIZE - 1}" if seq < SIZE - 1 else f"entry {seq}")


def _forged_entry(seq: int) -> bytes:
    before = CHAIN.entry(seq)
    return RegisterEntry(seq=seq, prev=before.prev, at=NOON, event=started("run-x")).line


def test_an_altered_link_is_told_from_altered_content() -> None:
    lines = list(LINES)
    lines[5] = lines[5].replace(CHAIN.entry(5).prev.encode(), b"0" * 64)
    assert named(audited(with_lines(lines))) == [("entry-altered", 5)]


def test_few_checkpoints_narrow_it_down_less() -> None:
    events = [*EVENTS[:7], EVENTS[7].model_copy(update={"run_id": "run-x"}), *EVENTS[8:]]
    audit = audited(with_lines(rechained(events), register=found(CHAIN, sizes=[0, 6, 9, 12])))
    assert audit.failures[0].subject == "one of the entries 6 to 8"


class TestByOneWithTheKey:
    """He signs it all again. Only what others kept shows it, wherever he changed something before that."""

    KEPT = (Kept("mail-8.note", signed(CHAIN, size=8).content), Kept("mail-10.note", signed(CHAIN, size=10).content))

    def signed_again(self, events: Sequence[RegisterEvent]) -> Audit:
        register = found(chained(events))
        assert audited(register).failures == () or all(f.code.startswith("run") for f in audited(register).failures)
        return audited(register, kept=self.KEPT)

    def test_what_was_kept_is_still_there(self) -> None:
        audit = audited(found(chained([*EVENTS, started("run-9"), ended("run-9")])), kept=self.KEPT)
        assert (audit.valid, audit.compared) == (True, 2)

    @pytest.mark.parametrize("seq", range(8))
    def test_a_register_that_was_written_again(self, seq: int) -> None:
        events = [*EVENTS[:seq], EVENTS[seq].model_copy(update={"run_id": "run-x"}), *EVENTS[seq + 1 :]]
        failures = [finding for finding in self.signed_again(events).failures if finding.code is FaultCode.FORKED]
        assert [finding.subject for finding in failures][-2:] == ["mail-8.note", "mail-10.note"]

    def test_what_was_written_again_begins_behind_the_last_one_that_fits(self) -> None:
        events = [*EVENTS[:9], EVENTS[9].model_copy(update={"run_id": "run-x"}), *EVENTS[10:]]
        (finding,) = [f for f in self.signed_again(events).failures if f.code is FaultCode.FORKED and f.seq]
        assert (finding.subject, finding.seq) == ("mail-10.note", 8)

    def test_a_tail_that_was_cut_and_signed_again(self) -> None:
        audit = self.signed_again(EVENTS[:9])
        assert named(audit) == [("tail-cut", 9)]
        assert "mail-10.note speaks for 10 entries, and there are 9" in audit.failures[0].detail

    def test_a_register_that_was_begun_again(self) -> None:
        assert named(self.signed_again([])) == [("tail-cut", 0), ("tail-cut", 0)]

    def test_two_registers_of_one_size_show_themselves_without_the_entries(self) -> None:
        other = chained([*EVENTS[:7], started("run-x")])
        audit = audited(SOUND, kept=[Kept("their.note", signed(other).content)])
        assert [finding.code for finding in audit.failures] == [FaultCode.FORKED] * 2
        assert "were both signed for 8 entries, with different roots" in audit.failures[0].detail


class TestCheckpoints:
    """The files of checkpoints themselves."""

    def changed(self, change: Callable[[bytes], bytes], *, size: int = 5) -> Audit:
        return audited(replace(SOUND, notes={**SOUND.notes, size: change(SOUND.notes[size])}))

    def test_of_a_foreign_key(self) -> None:
        foreign = signed(CHAIN, size=5, secret=OTHER).content
        audit = self.changed(lambda _: foreign)
        assert [(f.code, f.subject) for f in audit.failures] == [
            (FaultCode.CHECKPOINT_FOREIGN, "checkpoints/000000000005.note")
        ]

    def test_with_another_root(self) -> None:
        audit = self.changed(lambda note: note.replace(b"\n5\n", b"\n6\n"))
        assert [f.code for f in audit.failures] == [FaultCode.CHECKPOINT_FORGED]

    def test_under_another_name(self) -> None:
        audit = self.changed(lambda _: SOUND.notes[6])
        assert [f.detail for f in audit.failures] == ["it speaks for 6 entries"]

    def test_that_is_none(self) -> None:
        assert [f.code for f in self.changed(lambda note: note[:-1]).failures] == [FaultCode.CHECKPOINT_MALFORMED]

    def test_of_another_register_of_the_same_key(self) -> None:
        audit = examine(SOUND, keys=[KEY], origin=origin_of("other"))
        assert {f.code for f in audit.failures} == {FaultCode.CHECKPOINT_FOREIGN}

    def test_that_is_missing(self) -> None:
        without = {size: note for size, note in SOUND.notes.items() if size != SIZE}
        for register in (replace(SOUND, newest=b""), replace(SOUND, notes={}), replace(SOUND, notes=without)):
            assert [f.code for f in audited(register).failures] == [FaultCode.CHECKPOINT_MISSING]

    def test_that_is_behind(self) -> None:
        """As after a stop between the kept one and the newest one."""
        audit = audited(replace(SOUND, newest=SOUND.notes[SIZE - 1]))
        assert (audit.valid, [f.code for f in audit.findings]) == (True, [FaultCode.CHECKPOINT_OUTDATED])

    @given(at=st.integers(0, len(SOUND.notes[5]) - 1), bit=st.integers(0, 7))
    def test_any_flipped_bit(self, at: int, bit: int) -> None:
        def flip(note: bytes) -> bytes:
            return note[:at] + bytes([note[at] ^ (1 << bit)]) + note[at + 1 :]

        assert not self.changed(flip).valid


class TestStops:
    """What a stop leaves is explained, and is no fault."""

    def test_a_line_that_nobody_signed_for_yet(self) -> None:
        more = chained([*EVENTS, started("run-9")])
        audit = audited(with_lines([entry.line for entry in more.entries(more.size)]))
        assert (audit.valid, [f.code for f in audit.findings]) == (
            True,
            [FaultCode.UNSIGNED_TAIL, FaultCode.RUN_OPEN],
        )

    def test_half_a_line(self) -> None:
        audit = audited(replace(SOUND, log=SOUND.log + b'{"at":'))
        assert (audit.valid, [f.code for f in audit.findings]) == (True, [FaultCode.TORN_LINE])


class TestAccount:
    """What the entries say."""

    @pytest.mark.parametrize(
        ("events", "codes", "valid"),
        [
            ([started("a")], [FaultCode.RUN_OPEN], True),
            ([started("a"), ended("a")], [FaultCode.RUN_UNSEALED], True),
            ([started("a"), ended("a"), sealed("a"), sealed("a")], [], True),
            ([started("a"), started("a"), ended("a"), sealed("a")], [FaultCode.RUN_REPEATED], False),
            ([started("a"), ended("a"), ended("a"), sealed("a")], [FaultCode.RUN_REPEATED], False),
            ([ended("a"), sealed("a")], [FaultCode.RUN_UNSTARTED], False),
            ([ended("a"), started("a"), sealed("a")], [FaultCode.RUN_UNSTARTED], False),
            ([started("a"), sealed("a")], [FaultCode.RUN_UNENDED, FaultCode.RUN_OPEN], False),
            ([started("a"), sealed("a"), ended("a")], [FaultCode.RUN_UNENDED], False),
        ],
    )
    def test_of_one_run(self, events: list[RegisterEvent], codes: list[FaultCode], valid: bool) -> None:
        audit = audited(found(chained(events)))
        assert ([finding.code for finding in audit.findings], audit.valid) == (codes, valid)

    @pytest.mark.parametrize(
        ("earlier", "drill", "codes"),
        [
            ("a", "postgresql-restore", []),
            ("a", "another-drill", [FaultCode.RETRY_UNFOUNDED]),
            ("c", "postgresql-restore", [FaultCode.RETRY_UNFOUNDED]),
            ("b", "postgresql-restore", [FaultCode.RETRY_UNFOUNDED]),
            ("nobody", "postgresql-restore", [FaultCode.RETRY_UNFOUNDED]),
        ],
    )
    def test_an_attempt_names_an_earlier_run_of_its_drill(
        self, earlier: str, drill: str, codes: list[FaultCode]
    ) -> None:
        again = started("b").model_copy(update={"retry_of": earlier, "drill": drill})
        runs: list[RegisterEvent] = [started("a"), ended("a"), sealed("a"), again, ended("b"), sealed("b")]
        audit = audited(found(chained([*runs, started("c"), ended("c"), sealed("c")])))
        assert ([finding.code for finding in audit.findings], audit.valid) == (codes, not codes)

    def test_a_clock_that_went_back(self) -> None:
        chain = chained([started("a")])
        chain.take(entry.line for entry in chain.following([ended("a")], at=NOON - timedelta(minutes=5)))
        audit = audited(found(chain))
        assert FaultCode.CLOCK_WENT_BACK in [finding.code for finding in audit.findings]
        assert audit.valid


class TestWitnesses:
    """Cosigned copies."""

    def cosigned(self, head: SignedCheckpoint) -> SignedCheckpoint:
        return head.cosigned(witness=WITNESS.name, signer=KeySigner(OTHER), at=NOON)

    def test_are_listed(self) -> None:
        copy = self.cosigned(signed(CHAIN, size=5))
        audit = audited(replace(SOUND, cosigned={5: copy.content}))
        assert audit.valid
        assert [(size, one.witness, one.at) for size, one in audit.cosigned] == [(5, WITNESS.name, NOON)]

    def test_show_a_fork(self) -> None:
        copy = self.cosigned(signed(chained([*EVENTS[:4], started("run-x")])))
        audit = audited(replace(SOUND, cosigned={5: copy.content}))
        assert [finding.code for finding in audit.failures] == [FaultCode.FORKED]

    def test_are_not_believed_where_their_signature_does_not_hold(self) -> None:
        copy, other = self.cosigned(signed(CHAIN, size=5)), signed(CHAIN, size=6)
        moved = other.content + copy.content.splitlines(keepends=True)[-1]
        audit = audited(replace(SOUND, cosigned={6: moved}))
        assert [finding.code for finding in audit.failures] == [FaultCode.CHECKPOINT_FORGED]


@given(at=st.integers(0, len(SOUND.log) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_of_the_entries_is_found(at: int, bit: int) -> None:
    log = SOUND.log[:at] + bytes([SOUND.log[at] ^ (1 << bit)]) + SOUND.log[at + 1 :]
    assert not audited(replace(SOUND, log=log)).valid


@given(order=st.permutations(range(SIZE)))
def test_any_other_order_is_found(order: list[int]) -> None:
    assert audited(with_lines([LINES[seq] for seq in order])).valid is (order == sorted(order))


@given(keep=st.lists(st.booleans(), min_size=SIZE, max_size=SIZE))
def test_any_missing_entries_are_found(keep: list[bool]) -> None:
    lines = [line for line, kept in zip(LINES, keep, strict=True) if kept]
    assert audited(with_lines(lines)).valid is all(keep)


def test_keys_may_have_been_replaced() -> None:
    notes = {**SOUND.notes, SIZE: signed(CHAIN, secret=OTHER).content}
    register = replace(SOUND, notes=notes, newest=notes[SIZE])
    assert examine(register, keys=[OTHER.public_key(), KEY]).valid
    assert not examine(register, keys=[SECRET.public_key()]).valid

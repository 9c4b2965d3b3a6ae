"""The register on disk: what is appended stays, is signed for, survives every stop, and cannot be forged unseen."""

import multiprocessing
import resource
import shutil
import threading
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError, LockedError, StoreError
from orchestrator.locks import locked
from reports.register import directory as register_directory
from reports.register.checkpoint import origin_of, read_checkpoint
from reports.register.entries import GENESIS, RunSealed
from reports.register.log import RegisterLog
from reports.register.proof import check_run_proof
from reports.register.tree import check_consistency
from reports.register.view import read_register
from tests.integration.register.conftest import ORIGIN, Book, ended, sealed, started, whole_run

FORK = multiprocessing.get_context("fork")


def test_a_register_begins_with_a_signed_nothing(book: Book) -> None:
    log = book.open()
    assert (log.entries(), log.checkpoint.size) == ((), 0)
    assert book.files.sizes() == (0,)
    assert book.files.checkpoint.read_bytes() == book.files.note(0).read_bytes() == log.checkpoint.content


def test_what_is_appended_is_chained_numbered_and_signed_for(book: Book) -> None:
    log = book.open()
    first = log.append(whole_run("run-0"))
    (last,) = log.append([started("run-1")])
    lines = book.files.log.read_bytes().splitlines()
    assert [entry.seq for entry in (*first, last)] == [0, 1, 2, 3]
    assert [first[0].prev, first[1].prev, last.prev] == [GENESIS, sha256(lines[0]), sha256(lines[2])]
    assert [entry.line for entry in log.entries()] == lines
    assert book.files.sizes() == (0, 3, 4)
    for size in book.files.sizes():
        assert read_checkpoint(book.files.note(size).read_bytes(), keys=[book.key], origin=ORIGIN).size == size
    assert book.files.checkpoint.read_bytes() == book.files.note(4).read_bytes()


def test_nothing_to_append_is_nothing(book: Book) -> None:
    log = book.open()
    assert log.append([]) == ()
    assert book.files.sizes() == (0,)


def test_another_process_goes_on_where_the_first_one_ended(book: Book) -> None:
    book.filled(2)
    again = book.open()
    assert again.checkpoint.size == 6
    assert again.append([started("run-2")])[0].seq == 6


def test_two_who_have_it_open_see_each_other(book: Book) -> None:
    one, other = book.open(), book.open()
    one.append([started("run-0")])
    assert other.append([started("run-1")])[0].seq == 1
    assert one.append([ended("run-0")])[0].seq == 2
    other.refresh()
    assert other.entries() == one.entries()


def test_a_reader_needs_no_private_key(book: Book) -> None:
    log = book.filled(3)
    view = read_register(book.path, keys=[book.key], origin=ORIGIN)
    assert (view.entries(), view.checkpoint) == (log.entries(), log.checkpoint)
    with pytest.raises(EvidenceError, match="no key that is trusted here signed it"):
        read_register(book.path, keys=[Ed25519PrivateKey.generate().public_key()])
    with pytest.raises(EvidenceError, match="it is a checkpoint of"):
        read_register(book.path, keys=[book.key], origin=origin_of("other"))
    with pytest.raises(EvidenceError, match="there is no register"):
        read_register(book.path / "nowhere", keys=[book.key])


def test_a_reader_sees_only_what_is_signed_for(book: Book) -> None:
    log = book.filled(1)
    with book.files.log.open("ab") as file:
        file.write(b'{"half a line')
    assert read_register(book.path, keys=[book.key]).entries() == log.entries()


def test_every_entry_is_proved_under_every_later_checkpoint(book: Book) -> None:
    log = book.filled(4)
    for size in log.directory.sizes():
        for seq in range(size):
            proof = log.prove(seq, size=size)
            assert proof.verify([book.key], origin=ORIGIN).size == size
            assert proof.entry == log.entries()[seq]
    with pytest.raises(EvidenceError, match="there is no entry 12 under the checkpoint at 12 entries"):
        log.prove(12)
    with pytest.raises(EvidenceError, match="no checkpoint was kept at 13 entries"):
        log.prove(0, size=13)


def test_every_checkpoint_continues_every_earlier_one(book: Book) -> None:
    log = book.filled(3)
    for size in log.directory.sizes():
        check_consistency(
            earlier=size,
            earlier_root=log.checkpoint_at(size).checkpoint.root,
            later=log.checkpoint.size,
            later_root=log.checkpoint.checkpoint.root,
            path=log.consistency(size),
        )
    with pytest.raises(EvidenceError, match="the register has 9 entries, not 10"):
        log.consistency(10)


def test_a_run_has_one_proof_whatever_is_entered_later(book: Book) -> None:
    log = book.open()
    log.append([started("run-0")])
    log.append([started("run-1")])
    log.append([ended("run-0")])
    proof = log.prove_run("run-0")
    log.append([sealed("run-0"), ended("run-1")])
    assert log.prove_run("run-0") == proof == book.open().prove_run("run-0")
    assert check_run_proof(proof, keys=[book.key], run_id="run-0", origin=ORIGIN).size == 3


def test_a_run_without_an_end_or_with_two_has_no_proof(book: Book) -> None:
    log = book.open()
    log.append([started("run-0"), started("run-00"), ended("run-00"), ended("run-00")])
    with pytest.raises(EvidenceError, match="0 entries of this run's end"):
        log.prove_run("run-0")
    with pytest.raises(EvidenceError, match="2 entries of this run's end"):
        log.prove_run("run-00")
    with pytest.raises(EvidenceError, match="0 entries of this run's beginning"):
        log.prove_run("run-1")


class TestStops:
    """The machine may stop between any two acts on the disk."""

    @pytest.mark.parametrize("cut", [1, 40, 300])
    def test_a_torn_last_line_was_never_acknowledged(self, book: Book, cut: int) -> None:
        log = book.filled(1)
        whole = book.files.log.read_bytes()
        book.files.log.write_bytes(whole + log.entries()[-1].line[:cut])
        assert book.open().append([started("run-1")])[0].seq == 3
        assert book.files.log.read_bytes().startswith(whole)
        assert book.open().entries()[:3] == log.entries()

    def test_a_torn_line_of_another_process_is_cut_while_it_is_open(self, book: Book) -> None:
        log = book.filled(1)
        with book.files.log.open("ab") as file:
            file.write(b'{"at":')
        assert log.append([started("run-1")])[0].seq == 3
        assert len(book.open().entries()) == 4

    @pytest.mark.parametrize("kept", ["neither", "note"])
    def test_a_line_that_nobody_signed_for_yet_is_signed_for(self, book: Book, kept: str) -> None:
        """Behind the line's fsync, before its checkpoint; or behind the kept checkpoint, before the newest."""
        book.filled(1)
        older = book.files.checkpoint.read_bytes()
        log = book.open()
        (entry,) = log.append([started("run-1")])
        book.files.checkpoint.write_bytes(older)
        if kept == "neither":
            book.files.note(4).unlink()
        again = book.open()
        assert again.entries()[-1] == entry
        assert again.checkpoint == log.checkpoint
        assert book.files.checkpoint.read_bytes() == book.files.note(4).read_bytes() == log.checkpoint.content

    def test_it_is_signed_for_by_whoever_has_it_open_too(self, book: Book) -> None:
        log = book.filled(1)
        older = book.files.checkpoint.read_bytes()
        book.open().append([started("run-1")])
        book.files.checkpoint.write_bytes(older)
        assert log.append([started("run-2")])[0].seq == 4
        assert book.files.sizes() == (0, 1, 2, 3, 4, 5)

    def test_the_newest_checkpoint_is_found_among_the_kept_ones(self, book: Book) -> None:
        log = book.filled(1)
        book.files.checkpoint.unlink()
        assert book.open().checkpoint == log.checkpoint
        assert book.files.checkpoint.read_bytes() == log.checkpoint.content

    def test_a_stop_before_the_first_entry_leaves_a_register(self, book: Book) -> None:
        book.open()
        book.files.log.unlink(missing_ok=True)
        book.files.checkpoint.unlink()
        assert book.open().append([started("run-0")])[0].seq == 0


class TestRefusals:
    """What no stop can have done."""

    def refuses(self, book: Book, words: str) -> None:
        with pytest.raises(EvidenceError, match=words):
            book.open()
        # And it gave the lock back: otherwise the next one would wait for ever.
        with locked(["register"], directory=book.path, holder="a test"):
            pass

    def test_a_cut_tail(self, book: Book) -> None:
        log = book.filled(1)
        book.files.log.write_bytes(b"".join(entry.line + b"\n" for entry in log.entries()[:2]))
        self.refuses(book, "1 of the 3 entries that were signed are missing")

    def test_a_cut_tail_with_an_older_checkpoint(self, book: Book) -> None:
        log = book.filled(1)
        book.files.log.write_bytes(b"".join(entry.line + b"\n" for entry in log.entries()[:2]))
        shutil.copy(book.files.note(2), book.files.checkpoint)
        self.refuses(book, "1 of the 3 entries that were signed are missing")

    def test_an_altered_entry(self, book: Book) -> None:
        book.filled(1)
        book.files.log.write_bytes(book.files.log.read_bytes().replace(b"replica-1", b"replica-2"))
        self.refuses(book, "the first 3 entries are not those that were signed")

    def test_a_line_behind_the_signed_ones_that_is_no_entry(self, book: Book) -> None:
        book.filled(1)
        with book.files.log.open("ab") as file:
            file.write(b"{}\n")
        self.refuses(book, "entry 3: it is not an entry of this format")

    def test_a_line_behind_the_signed_ones_that_does_not_follow(self, book: Book) -> None:
        log = book.filled(1)
        with book.files.log.open("ab") as file:
            file.write(log.entries()[0].line + b"\n")
        self.refuses(book, "entry 3: it does not follow from the entry before it")

    def test_entries_without_any_checkpoint(self, book: Book) -> None:
        book.filled(1)
        book.files.checkpoint.unlink()
        shutil.rmtree(book.files.checkpoints)
        self.refuses(book, "there are entries, and no checkpoint that speaks for them")

    @pytest.mark.parametrize("file", ["checkpoint", "checkpoints/000000000003.note"])
    def test_a_checkpoint_of_a_foreign_key(self, book: Book, tmp_path: Path, file: str) -> None:
        book.filled(1)
        foreign = Book(tmp_path / "foreign", Ed25519PrivateKey.generate())
        foreign.filled(1)
        shutil.copy(foreign.path / file, book.path / file)
        self.refuses(book, f"{file}: no key that is trusted here signed it")

    def test_the_register_of_another_project(self, book: Book) -> None:
        book.filled(1)
        with pytest.raises(EvidenceError, match=r"it is a checkpoint of .*/demo, not of .*/other"):
            RegisterLog(book.path, origin=origin_of("other"), signer=book.signer, clock=book.open()._clock)

    def test_an_older_register_put_in_place_while_it_is_open(self, book: Book, tmp_path: Path) -> None:
        log = book.filled(1)
        shutil.copytree(book.path, tmp_path / "older")
        log.append([started("run-1")])
        shutil.rmtree(book.path)
        shutil.copytree(tmp_path / "older", book.path)
        with pytest.raises(EvidenceError, match="it went back from 4 entries to 3"):
            log.append([started("run-2")])

    def test_two_registers_of_one_size(self, book: Book) -> None:
        book.filled(1)
        book.files.checkpoint.write_bytes(_forked(book))
        self.refuses(book, "two registers of 3 entries were signed with this key")

    def test_a_second_register_of_the_same_size_is_never_signed(self, book: Book) -> None:
        log = book.filled(1)
        book.files.note(4).write_bytes(book.files.note(3).read_bytes())
        with pytest.raises(EvidenceError, match="another register of 4 entries was signed with this key"):
            log.append([started("run-1")])


def _forked(book: Book) -> bytes:
    """The checkpoint of other entries, as many, signed with the same key."""
    other = Book(book.path.with_name("forked"), book.secret)
    other.open().append([sealed("a"), sealed("b"), sealed("c")])
    return other.files.checkpoint.read_bytes()


def test_a_replaced_key_goes_on_with_the_register_of_the_old_one(book: Book) -> None:
    book.filled(1)
    renewed = Book(book.path, Ed25519PrivateKey.from_private_bytes(b"n" * 32))
    with pytest.raises(EvidenceError, match="no key that is trusted here"):
        renewed.open()
    log = renewed.open(keys=(book.key,))
    log.append([started("run-1")])
    view = read_register(book.path, keys=[renewed.key, book.key])
    assert len(view.entries()) == 4
    assert read_checkpoint(book.files.note(4).read_bytes(), keys=[renewed.key]).size == 4


class TestStamps:
    """A time-stamp is asked for after the entry is safe, and its absence costs nothing but the time-stamp."""

    def test_each_checkpoint_is_stamped(self, book: Book) -> None:
        asked: list[bytes] = []

        def stamp(content: bytes) -> bytes:
            asked.append(content)
            return b"token " + sha256(content).encode()

        log = book.open(stamp=stamp)
        log.append([started("run-0")])
        log.append([ended("run-0")])
        assert asked == [book.files.note(1).read_bytes(), book.files.note(2).read_bytes()]
        assert book.files.token(2).read_bytes() == b"token " + sha256(asked[1]).encode()
        assert log.prove_run("run-0").token == book.files.token(2).read_bytes()
        assert not book.files.token(0).exists()

    def test_an_authority_that_is_away_costs_only_the_stamp(self, book: Book) -> None:
        def away(content: bytes) -> bytes:
            # By now the entry is on disk, signed for, and the lock is free.
            assert book.files.checkpoint.read_bytes() == content
            with locked(["register"], directory=book.path, holder="a test"):
                raise StoreError("the authority does not answer")

        log = book.open(stamp=away)
        log.append([started("run-0")])
        log.append([ended("run-0")])
        assert (len(log.entries()), log.prove_run("run-0").timestamp) == (2, None)
        with pytest.raises(StoreError, match="does not answer"):
            log.stamp_pending()
        later = book.open(stamp=lambda content: b"token")
        assert (later.stamp_pending(), later.stamp_pending()) == (2, 0)
        assert later.prove_run("run-0").token == b"token"
        assert log.append([sealed("run-0")])[0].seq == 2

    def test_without_an_authority_nothing_is_pending(self, book: Book) -> None:
        assert book.filled(1).stamp_pending() == 0


def test_threads_append_one_after_the_other(book: Book) -> None:
    log = book.open()
    threads = [threading.Thread(target=log.append, args=([started(f"run-{n}")],)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.event.run_id for entry in log.entries()) == sorted(f"run-{n}" for n in range(16))  # type: ignore[union-attr]
    assert book.files.sizes() == tuple(range(17))


def _append_some(book: Book, name: str) -> None:
    log = book.open()
    for number in range(10):
        log.append([RunSealed(run_id=f"{name}-{number}", attestation_sha256="0" * 64)])


def test_processes_append_to_one_register(book: Book) -> None:
    processes = [FORK.Process(target=_append_some, args=(book, name)) for name in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    entries = book.open().entries()
    runs = [entry.event.run_id for entry in entries]  # type: ignore[union-attr]
    assert sorted(runs) == sorted(f"{name}-{number}" for name in "abcd" for number in range(10))
    assert all([run for run in runs if run[0] == name] == [f"{name}-{n}" for n in range(10)] for name in "abcd")


def test_who_keeps_the_register_to_himself_is_named(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    log = book.filled(1)
    monkeypatch.setattr(register_directory, "ATTEMPTS", 3)
    with (
        locked(["register"], directory=book.path, holder="process 4242"),
        pytest.raises(LockedError, match="register is in use by process 4242"),
    ):
        log.append([started("run-1")])
    assert log.append([started("run-1")])[0].seq == 3


def _starved(book: Book, room: int, pipe: Connection) -> None:
    """The kernel lets no file of this process grow beyond so many bytes: a write is cut short, then fails."""
    log, limit = book.open(), book.files.log.stat().st_size + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        log.append([started("run-1")])
        pipe.send("appended")
    except StoreError as error:
        pipe.send(str(error))


class TestDisk:
    """A disk that takes no more."""

    @pytest.mark.parametrize("room", [0, 1, 200])
    def test_an_entry_that_does_not_fit_is_an_error_and_no_entry(self, book: Book, room: int) -> None:
        before = book.filled(1).entries()
        ours, theirs = FORK.Pipe(duplex=False)
        process = FORK.Process(target=_starved, args=(book, room, theirs))
        process.start()
        said = ours.recv()
        process.join(60)
        problem = "No space left on device" if room else "File too large"
        assert said == f"{book.files.log}: {problem}: the register cannot be written"
        assert book.files.log.read_bytes() == b"".join(entry.line + b"\n" for entry in before)
        assert book.open().append([started("run-1")])[0].seq == 3

    def test_an_entry_whose_checkpoint_finds_no_place_is_taken_back(self, book: Book) -> None:
        log = book.filled(1)
        whole = book.files.log.read_bytes()
        away = book.files.checkpoints.rename(book.path / "away")
        with pytest.raises(StoreError):
            log.append([started("run-1")])
        assert book.files.log.read_bytes() == whole
        away.rename(book.files.checkpoints)
        assert log.append([started("run-2")])[0].seq == 3
        assert len(book.open().entries()) == 4

    def test_a_place_where_no_register_can_be_kept_is_named(self, book: Book) -> None:
        with pytest.raises(StoreError, match="no register can be kept there"):
            Book(Path("/proc/register"), book.secret).open()

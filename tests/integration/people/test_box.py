"""Answers as files, from the person's own key to the run that waits: real `ssh-keygen`, real files."""

import subprocess
import threading
from pathlib import Path

import pytest

from orchestrator.adapters.people.allowed_signers import parse_allowed_signers
from orchestrator.adapters.people.box import LARGEST_BYTES, AnswerBox
from orchestrator.adapters.people.desk import Desk, parse_answer
from orchestrator.adapters.people.signing import public_key_of, sign
from orchestrator.adapters.system import StopRequest, SystemClock
from orchestrator.core.canonical import canonical
from orchestrator.core.events import PersonDecision
from orchestrator.core.ports import Delivered
from orchestrator.core.ssh_signature import NAMESPACE, is_signed
from orchestrator.errors import AnswerError, DefinitionError
from orchestrator.testing import answer, tabletop_plan
from reports.standalone import verify_evidence as bare

PLAN = tabletop_plan()
GIVEN = answer(PLAN, "decide", PersonDecision.GRANTED)
CONTENT = canonical(GIVEN)


def _key(directory: Path, kind: str, *options: str) -> Path:
    file = directory / f"id_{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *options, "-N", "", "-C", "me", "-f", str(file)], check=True)
    return file


@pytest.mark.parametrize(
    "kind", [("ed25519",), ("ecdsa", "-b", "384"), ("rsa", "-b", "3072")], ids=lambda kind: kind[0]
)
def test_what_ssh_keygen_signs_holds_for_both_readers_and_the_other_way_round(
    tmp_path: Path, kind: tuple[str, ...]
) -> None:
    key = _key(tmp_path, *kind)
    public = public_key_of(key)
    signature = sign(CONTENT, key=key)
    for message, holds in ((CONTENT, True), (CONTENT + b" ", False)):
        assert is_signed(message, signature, key=public) is holds
        assert bare.is_signed_by_person(message, signature, key=public) is holds
    assert _openssh_accepts(tmp_path, signature, public=public)


def _openssh_accepts(directory: Path, signature: str, *, public: str) -> bool:
    """With the armour put back, as `docs/reference/formats/people.md` says."""
    (directory / "people").write_text(f'me namespaces="{NAMESPACE}" {public}\n')
    lines = "\n".join(signature[at : at + 70] for at in range(0, len(signature), 70))
    armoured = f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"
    (directory / "sig").write_text(armoured)
    command = ["ssh-keygen", "-Y", "verify", "-f", "people", "-I", "me", "-n", NAMESPACE, "-s", "sig"]
    return subprocess.run(command, cwd=directory, input=CONTENT, capture_output=True, check=False).returncode == 0


def test_the_public_key_alone_names_a_key_that_an_agent_holds(tmp_path: Path) -> None:
    key = _key(tmp_path, "ed25519")
    assert public_key_of(key.with_suffix(".pub")) == public_key_of(key)


def test_what_is_no_key_is_said_and_nothing_is_signed(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("no key")
    with pytest.raises(AnswerError, match="ssh-keygen could not use the key"):
        public_key_of(tmp_path / "id")
    with pytest.raises(AnswerError, match="ssh-keygen could not use the key"):
        sign(CONTENT, key=tmp_path / "id")


def test_one_answer_counts_and_a_second_one_is_refused(tmp_path: Path) -> None:
    box = AnswerBox(tmp_path / "answers")
    assert box.take("decide") is None
    box.put("decide", CONTENT)
    with pytest.raises(AnswerError, match="there is an answer to this step already"):
        box.put("decide", b"another")
    assert box.take("decide") == CONTENT
    assert [path.name for path in (tmp_path / "answers").iterdir()] == ["decide.json"]


def test_of_many_who_answer_at_once_exactly_one_does(tmp_path: Path) -> None:
    box, refused = AnswerBox(tmp_path), list[int]()

    def put(number: int) -> None:
        try:
            box.put("decide", b"%d" % number)
        except AnswerError:
            refused.append(number)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = box.take("decide")
    assert taken is not None
    assert sorted([*refused, int(taken)]) == list(range(8))


def test_what_is_put_aside_makes_room_for_another(tmp_path: Path) -> None:
    box = AnswerBox(tmp_path)
    box.set_aside("decide")
    box.put("decide", b"wrong")
    box.set_aside("decide")
    box.put("decide", CONTENT)
    assert box.take("decide") == CONTENT
    assert len(list(tmp_path.glob("decide.*.refused"))) == 1


def test_neither_a_link_nor_a_flood_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("somebody else's")
    (tmp_path / "decide.json").symlink_to(tmp_path / "secret")
    box = AnswerBox(tmp_path)
    with pytest.raises(AnswerError, match="cannot be read"):
        box.take("decide")
    (tmp_path / "decide.json").unlink()
    (tmp_path / "decide.json").write_bytes(b"x" * (LARGEST_BYTES + 1))
    with pytest.raises(AnswerError, match="longer than"):
        box.take("decide")


class _Waiting:
    """Waits for an answer in a thread of its own, as a run does."""

    def __init__(self, desk: Desk, *, stop: StopRequest) -> None:
        self._found: list[Delivered | None] = []
        since_us = desk.open("decide")
        self._thread = threading.Thread(
            target=lambda: self._found.append(desk.wait("decide", since_us=since_us, stop=stop))
        )
        self._thread.start()

    def result(self) -> Delivered | None:
        self._thread.join()
        return self._found[0]


def test_an_answer_is_found_between_two_looks(tmp_path: Path) -> None:
    box, clock, stop = AnswerBox(tmp_path), SystemClock(), StopRequest()
    waiting = _Waiting(Desk(box, clock=clock, screen=lambda _: ""), stop=stop)
    before_us = clock.monotonic_us()
    box.put("decide", CONTENT)
    found = waiting.result()
    assert found is not None
    assert found.given == GIVEN
    assert found.absent_us <= found.found_us
    assert before_us <= found.found_us <= clock.monotonic_us()


def test_a_stop_ends_the_wait(tmp_path: Path) -> None:
    stop = StopRequest()
    waiting = _Waiting(Desk(AnswerBox(tmp_path), clock=SystemClock(), screen=lambda _: ""), stop=stop)
    stop.request("SIGTERM")
    assert waiting.result() is None


def test_what_came_before_the_question_is_put_aside(tmp_path: Path) -> None:
    box = AnswerBox(tmp_path)
    box.put("decide", CONTENT)
    Desk(box, clock=SystemClock(), screen=lambda _: "").open("decide")
    assert box.take("decide") is None


def test_what_must_not_be_in_evidence_is_told_and_not_handed_on(tmp_path: Path) -> None:
    box, stop = AnswerBox(tmp_path), StopRequest()
    desk = Desk(box, clock=SystemClock(), screen=lambda _: "a telephone number")
    since_us = desk.open("decide")
    box.put("decide", CONTENT)
    found = desk.wait("decide", since_us=since_us, stop=stop)
    assert found is not None
    assert (found.given, found.fault) == (None, "a telephone number")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[" * 5_000, CONTENT + b"\n", CONTENT.replace(b"granted", b"perhaps")]
)
def test_what_is_no_answer_is_refused(content: bytes) -> None:
    with pytest.raises(AnswerError):
        parse_answer(content)


def test_allowed_signers_are_read_as_openssh_writes_them(tmp_path: Path) -> None:
    one, other = (public_key_of(_key(tmp_path, kind)) for kind in ("ed25519", "ecdsa"))
    text = f'# people\n\np-1,p-2 namespaces="git,reprise" {one} a comment\np-1 {other}\n'
    assert parse_allowed_signers(text, file="trust/people") == {"p-1": (one, other), "p-2": (one,)}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('p-1 valid-before="20300101" ssh-ed25519 AAAA', "an option that is not known here"),
        ("p-1 cert-authority ssh-ed25519 AAAA", "a key is one of"),
        ('p-1 namespaces="git" ssh-ed25519 AAAA', "the key is not for the namespace reprise"),
        ("p-1 ssh-ed25519 AAAA", "no public key"),
        ("p-1", "no line of allowed signers"),
    ],
)
def test_a_line_that_says_what_is_not_understood_is_a_fault(line: str, words: str) -> None:
    with pytest.raises(DefinitionError, match=words) as caught:
        parse_allowed_signers(f"\n{line}\n", file="trust/people")
    assert str(caught.value).startswith("trust/people:2: ")

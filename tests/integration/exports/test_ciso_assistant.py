"""Pushing to CISO Assistant over real HTTP: once, without losing what is there, and with its refusals in words."""

import hashlib
import socket
from collections.abc import Iterator, Mapping
from uuid import UUID, uuid4

import pytest

from orchestrator.adapters.ciso_assistant import CisoAssistant, Pushed, Target
from orchestrator.adapters.ciso_assistant.exchange import open_exchange
from orchestrator.adapters.system import SystemClock
from orchestrator.core.model import Language
from orchestrator.errors import DeliveryError, RepriseError, UsageError
from reports.export.ciso_assistant import build_piece
from reports.export.run import SealedRun
from reports.words import load_words
from tests.integration.exports.ciso_server import TOKEN, State, serving
from tests.integration.reports.example_run import Story

CONTENT = b"PK\x03\x04" + bytes(range(256)) * 40
NAME = "reprise 20261123T020000Z-postgresql-restore-4f9c"
REQUIREMENT = Target.REQUIREMENT_ASSESSMENT


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy this machine has, it is not for its own loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def state() -> State:
    """An empty server."""
    return State()


@pytest.fixture
def url(state: State) -> Iterator[str]:
    """The server at work."""
    with serving(state) as address:
        yield address


def _server(url: str, *, token: str = TOKEN) -> CisoAssistant:
    return CisoAssistant(url=url, token=token, clock=SystemClock())


def _push(url: str, state: State, *, content: bytes = CONTENT, file_name: str = "run.zip") -> Pushed:
    return _server(url).push(
        folder=state.folder,
        name=NAME,
        description="Exercice de reprise",
        observation=f"SHA-256 {hashlib.sha256(content).hexdigest()}",
        file_name=file_name,
        content=content,
    )


def test_the_file_arrives_byte_for_byte_in_a_revision_of_its_own(url: str, state: State) -> None:
    pushed = _push(url, state)

    held = state.revisions[pushed.revision]
    assert held.content == CONTENT
    assert pushed.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (pushed.made_evidence, pushed.uploaded) == (True, True)
    assert state.evidences[pushed.evidence]["name"] == NAME
    assert state.evidences[pushed.evidence]["folder"] == state.folder
    assert held.file_name != "run.zip"


@pytest.mark.parametrize("keeps_digests", [True, False])
def test_a_second_push_changes_nothing(keeps_digests: bool, url: str, state: State) -> None:
    state.keeps_digests = keeps_digests
    first = _push(url, state)
    del state.requests[:]

    second = _push(url, state)

    assert (second.evidence, second.revision) == (first.evidence, first.revision)
    assert (second.made_evidence, second.uploaded) == (False, False)
    assert {method for method, _ in state.requests} == {"GET"}
    assert len(state.evidences) == 1


def test_other_bytes_of_the_same_run_become_a_new_revision_and_the_old_one_stays(url: str, state: State) -> None:
    first = _push(url, state)

    second = _push(url, state, content=CONTENT + b"renewed")

    assert second.evidence == first.evidence
    assert [one.content for one in state.of(first.evidence)] == [None, CONTENT, CONTENT + b"renewed"]


def test_the_upload_that_replaces_is_never_asked_for(url: str, state: State) -> None:
    _push(url, state)

    assert not [path for method, path in state.requests if method == "POST" and path.startswith("/api/evidences/")][1:]
    assert ("POST", f"/api/evidence-revisions/{max(state.revisions.values(), key=lambda r: r.version).id}/upload/") in (
        state.requests
    )


def test_an_evidence_is_found_again_behind_many_others_and_under_its_whole_name_only(url: str, state: State) -> None:
    for number in range(5):
        state.add_evidence(folder=state.folder, name=f"{NAME} copy {number}")
    other_folder = max(state.folders)
    state.add_evidence(folder=other_folder, name=NAME)
    known = state.add_evidence(folder=state.folder, name=NAME)

    pushed = _push(url, state)

    assert pushed.evidence == known
    assert not pushed.made_evidence


def test_a_revision_that_an_interrupted_push_left_empty_is_used(url: str, state: State) -> None:
    evidence = state.add_evidence(folder=state.folder, name=NAME)
    left = state.add_revision(evidence, f"SHA-256 {hashlib.sha256(CONTENT).hexdigest()}")

    pushed = _push(url, state)

    assert pushed.revision == left.id
    assert len(state.of(evidence)) == 2


def test_two_evidences_of_the_name_are_told_and_nothing_is_pushed(url: str, state: State) -> None:
    state.add_evidence(folder=state.folder, name=NAME)
    state.add_evidence(folder=state.folder, name=NAME)

    with pytest.raises(DeliveryError, match="2 evidences of that folder"):
        _push(url, state)
    assert {method for method, _ in state.requests} == {"GET"}


@pytest.mark.parametrize("keeps_digests", [True, False])
def test_a_file_that_arrives_with_other_bytes_is_an_error(keeps_digests: bool, url: str, state: State) -> None:
    state.corrupts, state.keeps_digests = True, keeps_digests

    with pytest.raises(DeliveryError, match="does not hold the file that was sent"):
        _push(url, state)


@pytest.mark.parametrize("target", Target)
def test_a_link_is_added_and_every_other_one_stays(target: Target, url: str, state: State) -> None:
    identifier, others = uuid4(), [uuid4() for _ in range(3)]
    state.linked[f"{target}/{identifier}"] = list(others)
    evidence = _push(url, state).evidence

    assert _server(url).link(evidence=evidence, target=target, identifier=identifier)
    assert state.linked[f"{target}/{identifier}"] == [*others, evidence]
    del state.requests[:]
    assert not _server(url).link(evidence=evidence, target=target, identifier=identifier)
    assert state.requests == [("GET", f"/api/{target}/{identifier}/")]


def test_a_list_with_a_hidden_member_is_not_written(url: str, state: State) -> None:
    identifier, hidden = uuid4(), uuid4()
    state.linked[f"{REQUIREMENT}/{identifier}"] = [hidden]
    state.hidden.add(hidden)

    with pytest.raises(DeliveryError, match="may not see"):
        _server(url).link(evidence=uuid4(), target=REQUIREMENT, identifier=identifier)
    assert state.linked[f"{REQUIREMENT}/{identifier}"] == [hidden]


def test_a_link_that_the_server_forgets_is_an_error(url: str, state: State) -> None:
    identifier = uuid4()
    state.linked[f"{REQUIREMENT}/{identifier}"] = []
    state.forgets_links = True

    with pytest.raises(DeliveryError, match="1 of 1 evidences are not linked"):
        _server(url).link(evidence=uuid4(), target=REQUIREMENT, identifier=identifier)


def test_a_locked_audit_says_so(url: str, state: State) -> None:
    identifier = uuid4()
    state.linked[f"{REQUIREMENT}/{identifier}"] = []
    state.locked.add(f"{REQUIREMENT}/{identifier}")

    with pytest.raises(DeliveryError, match="audit is locked"):
        _server(url).link(evidence=uuid4(), target=REQUIREMENT, identifier=identifier)


def _told(error: RepriseError) -> str:
    return f"{error} {error.hint}"


def test_a_wrong_token_is_told_and_never_repeated(url: str, state: State) -> None:
    secret = "x" * 40

    with pytest.raises(DeliveryError, match="status 401") as refused:
        _server(url, token=secret).push(
            folder=state.folder, name=NAME, description="", observation="", file_name="a.zip", content=b"a"
        )
    assert "token is not known" in _told(refused.value)
    assert secret not in _told(refused.value)
    assert secret not in repr(_server(url, token=secret))


def test_missing_rights_are_told(url: str, state: State) -> None:
    state.may_write = False

    with pytest.raises(DeliveryError, match="status 403") as refused:
        _push(url, state)
    assert "may not do this" in _told(refused.value)


def test_an_unknown_folder_and_an_unknown_requirement_are_told(url: str, state: State) -> None:
    with pytest.raises(DeliveryError, match="object does not exist"):
        _server(url).push(
            folder=UUID(int=7), name=NAME, description="", observation="", file_name="a.zip", content=b"a"
        )
    with pytest.raises(DeliveryError, match="status 404"):
        _server(url).link(evidence=uuid4(), target=REQUIREMENT, identifier=uuid4())


def test_a_file_that_is_too_large_is_told_and_can_be_pushed_later(url: str, state: State) -> None:
    state.largest_bytes = 100

    with pytest.raises(DeliveryError, match="File size exceeds the limit"):
        _push(url, state)
    state.largest_bytes = 1_000_000
    pushed = _push(url, state)

    assert state.revisions[pushed.revision].content == CONTENT
    assert len(state.evidences) == 1
    assert len(state.of(pushed.evidence)) == 2


def test_a_kind_of_file_that_is_not_let_in_is_told(url: str, state: State) -> None:
    with pytest.raises(DeliveryError, match="extension not allowed"):
        _push(url, state, file_name="token.tsr")


def test_a_redirection_is_not_followed(url: str, state: State) -> None:
    state.redirects_to = f"{url}/elsewhere/"

    with pytest.raises(DeliveryError, match="status 302") as refused:
        _push(url, state)
    assert "redirection" in _told(refused.value)
    assert len(state.requests) == 1


@pytest.mark.parametrize("page", [b"<html>welcome</html>", b"[]", b'{"count": "many"}', b"[" * 100_000, b"\xff"])
def test_an_answer_of_something_else_is_told(page: bytes, url: str, state: State) -> None:
    state.page = page

    with pytest.raises(DeliveryError, match="not what its API says"):
        _push(url, state)


def test_an_answer_that_is_far_too_long_is_cut_and_told(url: str, state: State) -> None:
    state.page = b" " * (9 * 1024 * 1024) + b"{}"

    with pytest.raises(DeliveryError, match="not what its API says"):
        _push(url, state)


def test_nobody_at_home_is_told_in_words(state: State) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(DeliveryError, match="cannot be reached"):
            _push(f"http://127.0.0.1:{port}", state)


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/"])
def test_the_address_may_be_that_of_the_site_or_of_its_api(suffix: str, url: str, state: State) -> None:
    assert _push(f"{url}{suffix}", state).uploaded


@pytest.mark.parametrize(
    "url",
    [
        "http://ciso.example",
        "http://127.example.org",
        "http://10.0.0.7",
        "ftp://127.0.0.1",
        "https://user:secret@ciso.example",
        "https://ciso.example/?next=1",
        "ciso.example",
        "",
    ],
)
def test_a_token_is_not_sent_in_clear_or_nowhere(url: str) -> None:
    with pytest.raises(UsageError, match="not a URL that a token may be sent to"):
        open_exchange(url=url, token=TOKEN, clock=SystemClock())


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Other: 1", "é"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="the token is empty or holds"):
        open_exchange(url="https://ciso.example", token=token, clock=SystemClock())


@pytest.mark.parametrize("language", Language)
def test_what_is_said_of_a_run_depends_on_the_run_alone(
    language: Language, sealed_runs: Mapping[Story, SealedRun]
) -> None:
    run = sealed_runs[Story.FAILED]
    piece = build_piece(run, words=load_words(language))

    assert piece == build_piece(run, words=load_words(language))
    assert piece.name == f"reprise {run.run_id}"
    assert len(piece.name) <= 200
    assert piece.file_name == f"{run.run_id}.zip"
    assert hashlib.sha256(run.bundle).hexdigest() in piece.observation
    assert load_words(language)(f"verdict.{run.evidence.judgement.verdict}") in piece.description

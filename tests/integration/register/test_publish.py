"""Checkpoints handed to others, who are real: directories, git, a mail server, a web server on loopback."""

import base64
import email
import hashlib
import hmac
import json
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import EvidenceError, PublishError
from orchestrator.sending.mail import MailServer, Security
from orchestrator.sending.webhook import Webhook
from reports.register.audit import audit_register
from reports.register.publish import Bulletin, Delivery, Target, publish
from reports.register.targets import DirectoryTarget, EmailTarget, GitTarget, WebhookTarget
from tests.integration.register.conftest import Book, sealed, started
from tests.integration.register.smtp import MailServer as SmtpServer
from tests.receivers import WebServer, self_signed

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAME = "000000000003.note"


@pytest.fixture
def bulletin(book: Book) -> Bulletin:
    return Bulletin(checkpoint=book.filled(1).checkpoint, token=b"token", at=NOON)


def forked(book: Book) -> Bulletin:
    """As many entries, others, signed with the same key."""
    other = Book(book.path.with_name("forked"), book.secret)
    log = other.open()
    log.append([sealed("a"), sealed("b"), sealed("c")])
    return Bulletin(checkpoint=log.checkpoint, token=None, at=NOON)


class TestDirectory:
    def test_holds_the_note_and_the_time_stamp(self, bulletin: Bulletin, tmp_path: Path) -> None:
        target = DirectoryTarget(path=tmp_path)
        target.deliver(bulletin)
        target.deliver(bulletin)
        assert (tmp_path / NAME).read_bytes() == bulletin.checkpoint.content
        assert (tmp_path / "000000000003.tsr").read_bytes() == b"token"

    def test_that_is_not_there_is_not_made(self, bulletin: Bulletin, tmp_path: Path) -> None:
        with pytest.raises(PublishError, match="nothing can be published there"):
            DirectoryTarget(path=tmp_path / "unmounted").deliver(bulletin)
        assert not (tmp_path / "unmounted").exists()

    def test_with_another_checkpoint_of_the_same_size_shows_the_fork(
        self, book: Book, bulletin: Bulletin, tmp_path: Path
    ) -> None:
        target = DirectoryTarget(path=tmp_path)
        target.deliver(bulletin)
        with pytest.raises(EvidenceError, match="another checkpoint was published for as many entries"):
            target.deliver(forked(book))
        assert (tmp_path / NAME).read_bytes() == bulletin.checkpoint.content


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    path = tmp_path / "evidence"
    path.mkdir()
    git(path, "init", "--quiet")
    git(path, "config", "user.name", "Audit")
    git(path, "config", "user.email", "audit@example.org")
    return path


class TestGit:
    def test_commits_the_note_and_nothing_else(self, bulletin: Bulletin, repository: Path) -> None:
        (repository / "theirs").write_text("not ours")
        git(repository, "add", "theirs")
        target = GitTarget(repository=repository, folder="demo/register")
        target.deliver(bulletin)
        target.deliver(bulletin)
        assert git(repository, "log", "--format=%s") == "reprise.invalid/register/demo: checkpoint of 3 entries"
        assert git(repository, "ls-tree", "-r", "--name-only", "HEAD").split() == [
            "demo/register/000000000003.note",
            "demo/register/000000000003.tsr",
        ]
        assert git(repository, "status", "--porcelain") == "A  theirs"

    def test_pushes_where_a_remote_is_named_also_what_failed_before(
        self, bulletin: Bulletin, repository: Path, tmp_path: Path
    ) -> None:
        git(repository, "remote", "add", "origin", str(tmp_path / "bare"))
        target = GitTarget(repository=repository, folder="register", remote="origin")
        with pytest.raises(PublishError, match="git push failed"):
            target.deliver(bulletin)
        git(tmp_path, "init", "--quiet", "--bare", "bare")
        target.deliver(bulletin)
        head = git(repository, "rev-parse", "HEAD")
        assert head in git(tmp_path / "bare", "for-each-ref", "--format=%(objectname)")

    def test_says_what_git_says(self, bulletin: Bulletin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
        (tmp_path / "plain").mkdir()
        with pytest.raises(PublishError, match="git add failed: fatal: not a git repository"):
            GitTarget(repository=tmp_path / "plain", folder="register").deliver(bulletin)
        with pytest.raises(PublishError, match="there is no git repository"):
            GitTarget(repository=tmp_path / "nowhere", folder="register").deliver(bulletin)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server certificate for 127.0.0.1, signed by itself and trusted by this process."""
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


def mail(port: int, **values: Any) -> EmailTarget:
    settings: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": Security.NONE,
        "sender": "reprise@example.org",
        "recipients": ("audit@example.org",),
    }
    return EmailTarget(server=MailServer(**(settings | values)))


class TestEmail:
    def is_whole(self, message: bytes, bulletin: Bulletin) -> None:
        read = email.message_from_bytes(message)
        assert read["Subject"] == "[reprise] reprise.invalid/register/demo: checkpoint of 3 entries"
        assert read["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"
        files = {part.get_filename(): part.get_payload(decode=True) for part in read.walk() if part.get_filename()}
        assert files == bulletin.files

    def test_brings_the_note_byte_for_byte(self, bulletin: Bulletin) -> None:
        recipients = ("audit@example.org", "client@example.net")
        with SmtpServer() as server:
            mail(server.port, recipients=recipients).deliver(bulletin)
        assert server.box.recipients == list(recipients)
        (message,) = server.box.messages
        self.is_whole(message, bulletin)

    @pytest.mark.parametrize(("security", "at_once"), [(Security.STARTTLS, False), (Security.TLS, True)])
    def test_logs_in_behind_tls(
        self, bulletin: Bulletin, certified: ssl.SSLContext, security: Security, at_once: bool
    ) -> None:
        with SmtpServer(context=certified, at_once=at_once, password="reprise:secret") as server:
            mail(server.port, security=security, user="reprise", password="secret").deliver(bulletin)
        assert (server.box.logins, server.box.protected) == (["reprise:secret"], [True])
        self.is_whole(server.box.messages[0], bulletin)

    def test_sends_nothing_where_tls_was_asked_for_and_is_not_offered(self, bulletin: Bulletin) -> None:
        with SmtpServer() as server, pytest.raises(PublishError, match="STARTTLS"):
            mail(server.port, security=Security.STARTTLS).deliver(bulletin)
        assert server.box.messages == []

    def test_sends_nothing_to_a_server_whose_certificate_nobody_trusts(
        self, bulletin: Bulletin, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        with SmtpServer(context=certified) as server, pytest.raises(PublishError, match="certificate verify failed"):
            mail(server.port, security=Security.STARTTLS).deliver(bulletin)
        assert server.box.messages == []

    def test_says_what_the_server_says_and_never_the_password(
        self, bulletin: Bulletin, certified: ssl.SSLContext
    ) -> None:
        with SmtpServer(context=certified, password="reprise:secret") as server:
            wrong = mail(server.port, security=Security.STARTTLS, user="reprise", password="wr0ng-secret")
            with pytest.raises(PublishError, match="535 wrong password") as caught:
                wrong.deliver(bulletin)
        assert "wr0ng-secret" not in str(caught.value) + repr(wrong)

    def test_names_those_who_are_refused(self, bulletin: Bulletin) -> None:
        with SmtpServer(refuse="nobody@example.org") as server:
            with pytest.raises(PublishError, match=r"refused nobody@example\.org"):
                mail(server.port, recipients=("nobody@example.org",)).deliver(bulletin)
            with pytest.raises(PublishError, match=r"refused nobody@example\.org"):
                mail(server.port, recipients=("audit@example.org", "nobody@example.org")).deliver(bulletin)
        assert len(server.box.messages) == 1

    def test_names_a_server_that_is_not_there(self, bulletin: Bulletin) -> None:
        with pytest.raises(PublishError, match=r"127\.0\.0\.1:1: .*refused"):
            mail(1).deliver(bulletin)


class TestWebhook:
    def target(self, web: WebServer, status: int) -> WebhookTarget:
        url = f"http://127.0.0.1:{web.port}/hooks/s3cret-path/{status}"
        return WebhookTarget(webhook=Webhook(url=url, secret="s3cret"))

    def test_sends_one_signed_document(self, bulletin: Bulletin, web: WebServer) -> None:
        self.target(web, 204).deliver(bulletin)
        ((_, headers, body),) = web.seen
        expected = "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
        assert headers["X-Reprise-Signature"] == expected
        assert headers["Content-Type"] == "application/json"
        document = json.loads(body)
        assert document.pop("root") == bulletin.checkpoint.checkpoint.root.hex()
        assert document == {
            "format": "reprise/checkpoint/v1",
            "origin": "reprise.invalid/register/demo",
            "size": 3,
            "checkpoint": bulletin.checkpoint.content.decode(),
            "timestamp": base64.b64encode(b"token").decode(),
        }

    @pytest.mark.parametrize("status", [302, 401, 500])
    def test_what_is_no_yes_is_an_error_and_a_redirection_is_not_followed(
        self, bulletin: Bulletin, web: WebServer, status: int
    ) -> None:
        with pytest.raises(PublishError, match=f"webhook 127.0.0.1: it answered {status}"):
            self.target(web, status).deliver(bulletin)
        assert len(web.seen) == 1

    def test_an_error_names_the_host_and_no_secret(self, bulletin: Bulletin, web: WebServer) -> None:
        target = WebhookTarget(webhook=Webhook(url="http://127.0.0.1:1/s3cret-path", secret="s3cret"))
        with pytest.raises(PublishError, match=r"webhook 127\.0\.0\.1: it cannot be reached") as caught:
            target.deliver(bulletin)
        assert "s3cret" not in str(caught.value) + repr(target)


def test_one_who_cannot_be_reached_does_not_keep_the_others_from_it(bulletin: Bulletin, tmp_path: Path) -> None:
    targets: list[Target] = [mail(1), DirectoryTarget(path=tmp_path / "nowhere"), DirectoryTarget(path=tmp_path)]
    first, second, third = publish(bulletin, targets=targets)
    assert (first.label, third) == ("e-mail to audit@example.org", Delivery(label=f"directory {tmp_path}"))
    assert "127.0.0.1:1" in (first.fault or "")
    assert "nothing can be published there" in (second.fault or "")
    assert (tmp_path / NAME).exists()


def test_what_was_published_verifies_the_register_later(book: Book, bulletin: Bulletin, tmp_path: Path) -> None:
    DirectoryTarget(path=tmp_path).deliver(bulletin)
    book.open().append([started("run-1")])
    audit = audit_register(book.path, keys=[book.key], since=[tmp_path / NAME])
    assert (audit.valid, audit.compared) == (True, 1)

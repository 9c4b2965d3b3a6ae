"""Each notifier against those who take messages, and those who hang, refuse or cannot be trusted: real, on loopback."""

import email
import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path

import pytest

from orchestrator.adapters.notifiers import apprise, webhook
from orchestrator.adapters.notifiers.email import EmailNotifier
from orchestrator.adapters.notifiers.email import build as build_email
from orchestrator.core.model import Language
from orchestrator.core.occasions import Message, OccasionName
from orchestrator.core.ports import Notifier
from orchestrator.errors import SecretError, SendError
from orchestrator.notifying import AppriseDefinition
from orchestrator.secrets import Secrets
from orchestrator.sending.declared import EmailDefinition, WebhookDefinition
from reports.telling.messages import build_message
from reports.telling.occasions import TestAsked
from tests.integration.register.smtp import MailServer
from tests.integration.telling.conftest import Home
from tests.receivers import WebServer

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "wr0ng-or-right-s3cret"


@pytest.fixture
def message() -> Message:
    return build_message(TestAsked(), language=Language.FRENCH, project="demo", now=NOON, message_id="0123abcd")


def mail(port: int, *, security: str = "starttls", login: bool = False) -> EmailNotifier:
    written = {
        "host": "127.0.0.1",
        "port": port,
        "security": security,
        "from": "r@example.org",
        "to": ["a@example.org"],
    }
    names = {"user-env": "USER_NAME", "password-env": "PASSWORD"} if login else {}
    declared = EmailDefinition.model_validate(written | names)
    return build_email(declared, secrets=Secrets(root=Path(), environ={"USER_NAME": "reprise", "PASSWORD": SECRET}))


def fault_of(notifier: Notifier, message: Message, *, timeout_s: float = 60) -> str:
    with pytest.raises(SendError) as caught:
        notifier.send(message, timeout_s=timeout_s)
    said = f"{caught.value} {caught.value.hint} {notifier!r} {notifier.label}"
    assert SECRET not in said
    return str(caught.value)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where connections are taken by the system, and nobody ever says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


class TestEmail:
    @pytest.mark.parametrize("security", ["starttls", "tls", "none"])
    def test_a_server_that_says_nothing_is_left(self, message: Message, silent: int, security: str) -> None:
        assert "timed out" in fault_of(mail(silent, security=security), message, timeout_s=0.2)

    @pytest.mark.parametrize(("security", "at_once"), [("starttls", False), ("tls", True)])
    def test_a_message_arrives_whole_behind_tls(
        self, message: Message, certified: ssl.SSLContext, security: str, at_once: bool
    ) -> None:
        with MailServer(context=certified, at_once=at_once, password=f"reprise:{SECRET}") as server:
            mail(server.port, security=security, login=True).send(message, timeout_s=60)
        assert (server.box.protected, server.box.logins) == ([True], [f"reprise:{SECRET}"])
        read = email.message_from_bytes(server.box.messages[0], policy=default)
        assert read["Subject"] == "[reprise] demo\u00a0: message d’essai"
        assert read["Message-ID"] == "<0123abcd@reprise.invalid>"
        assert read["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"
        assert read["Auto-Submitted"] == "auto-generated"
        assert read.get_content().replace("\r\n", "\n") == message.text

    def test_a_certificate_that_nobody_trusts_gets_nothing(
        self, message: Message, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        with MailServer(context=certified, password=f"reprise:{SECRET}") as server:
            assert "certificate verify failed" in fault_of(mail(server.port, login=True), message)
        assert (server.box.messages, server.box.logins, server.box.recipients) == ([], [], [])

    def test_a_server_without_tls_gets_nothing_where_it_was_asked_for(self, message: Message) -> None:
        with MailServer() as server:
            assert "STARTTLS" in fault_of(mail(server.port, login=True), message)
        assert (server.box.messages, server.box.recipients) == ([], [])

    def test_a_wrong_password_is_said_and_not_repeated(self, message: Message, certified: ssl.SSLContext) -> None:
        with MailServer(context=certified, password="reprise:another") as server:
            assert "535 wrong password" in fault_of(mail(server.port, login=True), message)
        assert server.box.messages == []

    def test_a_server_that_is_not_there_is_named(self, message: Message) -> None:
        assert "127.0.0.1:1: " in fault_of(mail(1), message)


class TestWebhook:
    def build(self, url: str) -> Notifier:
        declared = WebhookDefinition(url_env="URL", secret_env="KEY")
        return webhook.build(declared, secrets=Secrets(root=Path(), environ={"URL": url, "KEY": SECRET}))

    def test_a_certificate_that_nobody_trusts_gets_nothing(
        self, message: Message, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with WebServer(context=certified) as server:
            url = f"https://127.0.0.1:{server.port}/{SECRET}/200"
            assert fault_of(self.build(url), message) == "webhook 127.0.0.1: its certificate cannot be trusted"
        assert server.seen == []

    def test_one_that_says_nothing_is_left(self, message: Message, silent: int) -> None:
        notifier = self.build(f"http://127.0.0.1:{silent}/{SECRET}")
        assert fault_of(notifier, message, timeout_s=0.2) == "webhook 127.0.0.1: no answer within 0.2 s"

    def test_one_that_is_trusted_is_told(self, message: Message, certified: ssl.SSLContext) -> None:
        with WebServer(context=certified) as server:
            self.build(f"https://127.0.0.1:{server.port}/{SECRET}/204").send(message, timeout_s=60)
        ((_, _, body),) = server.seen
        assert Message.model_validate_json(body) == message


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in one of Apprise's own plug-ins
class TestApprise:
    def build(self, *urls: str) -> Notifier:
        declared = AppriseDefinition(urls_env="URLS")
        return apprise.build(declared, secrets=Secrets(root=Path(), environ={"URLS": "\n".join(("# ours", "", *urls))}))

    def test_services_are_told(self, message: Message, web: WebServer) -> None:
        notifier = self.build(f"json://127.0.0.1:{web.port}/{SECRET}/200")
        notifier.send(message, timeout_s=60)
        ((path, _, body),) = web.seen
        assert path == f"/{SECRET}/200"
        told = json.loads(body)
        assert (told["title"], told["type"]) == (message.subject, "info")
        assert told["message"].strip() == message.text.strip()
        assert notifier.label == "apprise: JSON (1)"

    def test_one_that_says_nothing_is_left(self, message: Message, silent: int) -> None:
        notifier = self.build(f"json://127.0.0.1:{silent}/{SECRET}")
        assert "not taken by JSON (1)" in fault_of(notifier, message, timeout_s=0.2)

    @pytest.mark.parametrize(
        ("occasions", "kind"),
        [
            ((OccasionName.CLEANUP_FAILED, OccasionName.ABORTED), "failure"),
            ((OccasionName.INCONCLUSIVE,), "warning"),
            ((OccasionName.PASSED,), "success"),
        ],
    )
    def test_how_grave_it_is(
        self, message: Message, web: WebServer, occasions: tuple[OccasionName, ...], kind: str
    ) -> None:
        told = message.model_copy(update={"occasions": occasions})
        self.build(f"json://127.0.0.1:{web.port}/200").send(told, timeout_s=60)
        assert json.loads(web.seen[0][2])["type"] == kind

    def test_one_that_fails_is_named_by_its_kind_and_keeps_no_other_from_it(
        self, message: Message, web: WebServer
    ) -> None:
        urls = [f"json://127.0.0.1:{web.port}/{SECRET}/{status}" for status in (500, 200)]
        assert fault_of(self.build(*urls), message) == "apprise: JSON (1), JSON (2): not taken by JSON (1)"
        assert len(web.seen) == 2

    def test_a_certificate_that_nobody_trusts_gets_nothing(
        self, message: Message, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with WebServer(context=certified) as server:
            fault_of(self.build(f"jsons://127.0.0.1:{server.port}/{SECRET}/200"), message)
        assert server.seen == []

    def test_nothing_of_an_address_is_logged_or_printed(
        self, message: Message, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        fault_of(self.build(f"json://user:{SECRET}@127.0.0.1:1/{SECRET}/200"), message)
        out, err = capfd.readouterr()
        assert SECRET not in out + err + caplog.text

    @pytest.mark.parametrize(
        ("urls", "words"),
        [
            ([], "URLS holds no address"),
            (["nothing://x"], "URLS, address 1: it means nothing to Apprise"),
            ([f"jsons://h/{SECRET}?verify=no"], "URLS, address 1: verify=no"),
        ],
    )
    def test_what_cannot_be_used_is_refused_by_its_number(self, urls: list[str], words: str) -> None:
        with pytest.raises(SendError) as caught:
            self.build(*urls)
        assert words in str(caught.value)
        assert SECRET not in str(caught.value)

    def test_addresses_in_a_file_that_others_can_read_are_not_used(self, home: Home) -> None:
        file = home.root / "services"
        file.write_text(f"jsons://h/{SECRET}\n", encoding="utf-8")
        declared = AppriseDefinition(urls_file=Path("services"))
        file.chmod(0o640)
        with pytest.raises(SecretError, match="file:services"):
            apprise.build(declared, secrets=Secrets(root=home.root, environ={}))
        file.chmod(0o600)
        assert apprise.build(declared, secrets=Secrets(root=home.root, environ={})).names == ["JSON (1)"]
        file.unlink()
        with pytest.raises(SecretError, match="file:services"):
            apprise.build(declared, secrets=Secrets(root=home.root, environ={}))

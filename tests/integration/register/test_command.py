"""`reprise register` and `reprise keys init`, as a person calls them, on a project with a real register."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.app.publishing import targets_of
from orchestrator.app.register import open_register
from orchestrator.cli import reprise
from orchestrator.errors import DefinitionError, EvidenceError, UsageError
from orchestrator.project import Project, load_project
from orchestrator.secrets import Secrets
from orchestrator.testing import FakeClock
from reports.keys import write_private_key
from reports.register.note import SignatureType, VerifierKey, ed25519_key
from reports.register.targets import EmailTarget, WebhookTarget
from reports.signers import load_signer
from tests.integration.register.conftest import ended, sealed, started

PROJECT = """\
format: reprise/project/v1
name: Démo + essais
organisation: {name: Hébergeur Exemple}
staging: {groups: [staging]}
never: ["prod-*"]
production: {endpoints: ["192.0.2.1:5432"]}
marker: {path: /etc/reprise.json}
inventory: inventory.yml
ssh: {known-hosts: known_hosts}
signing: {key: "file:keys/seal.key.pem", certificate: trust/seal.crt.pem}
"""


@dataclass(frozen=True)
class Site:
    """A project with keys, and the command."""

    root: Path

    @property
    def project(self) -> Project:
        return load_project(self.root)

    def enter(self, *events: Any) -> None:
        log = open_register(self.project, clock=FakeClock())
        for event in events:
            log.append([event])

    def call(self, *arguments: str | Path, project: bool = True) -> tuple[int, str]:
        """The exit code and what was printed. An error is raised, as the command raises it."""
        place = ["-C", str(self.root)] if project else []
        words = ["register", *map(str, arguments), *place]
        done = CliRunner().invoke(reprise, words, standalone_mode=False, catch_exceptions=False)
        return int(done.return_value or 0), done.output

    @property
    def key(self) -> Path:
        return self.root / "trust" / "register.pub.pem"


def keys_init(root: Path, *options: str) -> str:
    arguments = ["keys", "init", "-C", str(root), *options]
    return CliRunner().invoke(reprise, arguments, standalone_mode=False, catch_exceptions=False).output


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "reprise.yml").write_text(PROJECT)
    keys_init(tmp_path)
    return Site(tmp_path)


def test_keys_init_makes_the_key_of_the_register_too(tmp_path: Path) -> None:
    (tmp_path / "reprise.yml").write_text(PROJECT)
    said = keys_init(tmp_path)
    assert "trust/register.pub.pem" in said
    assert "reprise.invalid/register/D%C3%A9mo%20%2B%20essais+" in said
    key = (tmp_path / "keys" / "register.key.pem").read_bytes()
    (tmp_path / "trust" / "register.pub.pem").unlink()
    assert keys_init(tmp_path, "--if-missing").splitlines()[-1] == said.splitlines()[-1]
    assert (tmp_path / "keys" / "register.key.pem").read_bytes() == key


def test_show_lists_entries_and_open_runs(site: Site) -> None:
    site.enter(started("run-0"), ended("run-0"), started("run-1"))
    code, said = site.call("show")
    lines = said.splitlines()
    assert code == 0
    assert lines[0] == "     0  2026-11-23T02:00:00Z  drill started  run-0"
    assert lines[1].endswith("drill ended    run-0 (passed)")
    assert lines[3] == "open: run-1, begun in entry 2, and nothing says how it ended"
    documents = [json.loads(line) for line in site.call("show", "--json")[1].splitlines()]
    assert [document["event"]["type"] for document in documents] == ["drill_started", "drill_ended", "drill_started"]


def test_without_a_register_it_says_so(site: Site) -> None:
    with pytest.raises(EvidenceError, match="there is no register"):
        site.call("show")


def test_a_proof_is_verified_by_somebody_who_has_nothing_but_the_key(site: Site, tmp_path: Path) -> None:
    site.enter(started("run-0"), ended("run-0"), sealed("run-0"))
    proof = tmp_path / "proof.json"
    proof.write_text(site.call("prove", "run-0")[1])
    code, said = site.call("verify", proof, "--key", site.key, project=False)
    assert code == 0
    assert said.splitlines()[-1].startswith("valid: in reprise.invalid/register/D%C3%A9mo%20%2B%20essais, under its")
    proof.write_text(proof.read_text().replace("m.durand", "m.dupont"))
    with pytest.raises(EvidenceError, match=r"proof\.json: entry 0 is not in the tree that was signed"):
        site.call("verify", proof, "--key", site.key, project=False)


def test_a_register_is_verified_from_a_checkpoint_that_was_kept(site: Site, tmp_path: Path) -> None:
    site.enter(started("run-0"), ended("run-0"))
    kept = tmp_path / "kept.note"
    kept.write_text(site.call("checkpoint")[1])
    site.enter(sealed("run-0"))
    code, said = site.call("verify", "--since", kept)
    assert (code, said.splitlines()[-1].endswith("3 entries, 4 checkpoints, 1 kept elsewhere")) == (0, True)
    key = VerifierKey(site.project.register.name, Ed25519PrivateKey.generate().public_key())
    (tmp_path / "other.key").write_text(str(key))
    assert site.call("verify", site.root / "register", "--key", tmp_path / "other.key", project=False)[0] == 5


def test_the_key_of_a_register_may_be_one_line(site: Site, tmp_path: Path) -> None:
    site.enter(started("run-0"))
    line = tmp_path / "line.key"
    line.write_text(keys_init(site.root, "--if-missing").splitlines()[-1].strip() + "\n")
    code, said = site.call("verify", site.root / "register", "--key", line, "--json", project=False)
    document = json.loads(said)
    assert (code, document["valid"], document["entries"]) == (0, True, 1)
    assert [finding["code"] for finding in document["findings"]] == ["run-open"]


@pytest.mark.parametrize(("language", "words"), [("fr", "Fin du registre coupée"), ("en", "End of the register cut")])
def test_what_was_found_is_said_in_both_languages(site: Site, language: str, words: str) -> None:
    site.enter(started("run-0"), ended("run-0"))
    log = site.root / "register" / "register.jsonl"
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    code, said = site.call("verify", "--lang", language)
    assert code == 5
    assert words in said
    assert "NOT VALID" in said


def test_keys_of_different_registers_are_not_mixed(site: Site, tmp_path: Path) -> None:
    site.enter(started("run-0"))
    for name in ("a", "b"):
        (tmp_path / name).write_text(str(VerifierKey(name, Ed25519PrivateKey.generate().public_key())))
    with pytest.raises(UsageError, match="the keys of different registers: a, b"):
        site.call("verify", site.root / "register", "--key", tmp_path / "a", "--key", tmp_path / "b", project=False)


class TestWitness:
    @pytest.fixture
    def his(self, tmp_path: Path) -> tuple[str | Path, ...]:
        write_private_key(tmp_path / "witness.key.pem", Ed25519PrivateKey.generate())
        key, memory = tmp_path / "witness.key.pem", tmp_path / "memory"
        return "--name", "w.example/1", "--key", key, "--memory", memory, "--register-key", tmp_path / "w.pub.pem"

    @pytest.mark.parametrize("way", ["a file", "a copy"])
    def test_signs_and_is_found_again(self, site: Site, his: tuple[str | Path, ...], tmp_path: Path, way: str) -> None:
        (tmp_path / "w.pub.pem").write_bytes(site.key.read_bytes())
        note, request = tmp_path / "cosigned.note", tmp_path / "request"
        for size in (1, 2):
            site.enter(started(f"run-{size}"))
            request.write_text(site.call("checkpoint", "--from", str(size - 1))[1])
            offered = request if way == "a file" else site.root / "register"
            note.write_text(site.call("witness", offered, *his, project=False)[1])
            assert f"checkpoint of {size} entries, 1 cosignatures" in site.call("cosigned", note)[1]
        secret = load_signer(f"file:{tmp_path / 'witness.key.pem'}")
        key = VerifierKey("w.example/1", ed25519_key(secret), SignatureType.COSIGNATURE)
        said = site.call("verify", "--witness", str(key))[1]
        assert [line.split(" at ")[0] for line in said.splitlines() if line.startswith("witness")] == [
            "witness w.example/1 saw 1 entries",
            "witness w.example/1 saw 2 entries",
        ]

    def test_refuses_a_copy_that_was_rolled_back(self, site: Site, his: tuple[str | Path, ...], tmp_path: Path) -> None:
        (tmp_path / "w.pub.pem").write_bytes(site.key.read_bytes())
        site.enter(started("run-0"), ended("run-0"))
        site.call("witness", site.root / "register", *his, project=False)
        register = site.root / "register"
        (register / "checkpoint").write_bytes((register / "checkpoints" / "000000000001.note").read_bytes())
        with pytest.raises(EvidenceError, match="rolled back: 2 entries were seen, and 1 are offered"):
            site.call("witness", register, *his, project=False)


class TestPublish:
    def publishing(self, site: Site, *targets: str) -> None:
        lines = "".join(f"    - {target}\n" for target in targets)
        (site.root / "reprise.yml").write_text(f"{PROJECT}register:\n  publish:\n{lines}")

    def test_goes_to_everybody_and_names_who_has_it_not(self, site: Site) -> None:
        (site.root / "published").mkdir()
        self.publishing(site, "file: nowhere", "file: published")
        site.enter(started("run-0"))
        code, said = site.call("publish")
        assert code == 1
        assert f"published  directory {site.root / 'published'}" in said
        assert "FAILED" in said
        assert (site.root / "published" / "000000000001.note").exists()

    def test_names_of_the_environment_that_stand_for_nothing_are_said_at_once(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.publishing(
            site,
            "{webhook: {url-env: NO_URL, secret-env: NO_SECRET}}",
            "{email: {host: h, from: a@b, to: [c@d], user-env: NO_USER, password-env: HAS}}",
        )
        monkeypatch.setenv("HAS", "s3cret")
        site.enter(started("run-0"))
        with pytest.raises(DefinitionError) as caught:
            site.call("publish")
        assert [fault.message.split(" ")[0] for fault in caught.value.faults] == [
            "env:NO_URL:",
            "env:NO_SECRET:",
            "env:NO_USER:",
        ]

    def test_secrets_come_from_the_environment(self, site: Site) -> None:
        self.publishing(
            site,
            "{webhook: {url-env: URL, secret-env: SECRET}}",
            "{email: {host: h, from: a@b, to: [c@d], user-env: USER, password-env: PASSWORD}}",
        )
        environ = {"URL": "https://h/x", "SECRET": "s", "USER": "u", "PASSWORD": "p"}
        definitions = site.project.definition.register_.publish
        webhook, email = targets_of(definitions, root=site.root, secrets=Secrets(root=site.root, environ=environ))
        assert isinstance(webhook, WebhookTarget)
        assert isinstance(email, EmailTarget)
        assert (webhook.webhook.url, webhook.webhook.secret) == ("https://h/x", "s")
        assert (email.server.user, email.server.password) == ("u", "p")

    def test_nobody_to_publish_to_is_said(self, site: Site) -> None:
        site.enter(started("run-0"))
        with pytest.raises(UsageError, match="there is nobody to publish to"):
            site.call("publish")

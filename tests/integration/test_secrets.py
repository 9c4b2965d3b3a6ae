"""Secrets from where they are really kept: files with modes, systemd's directory, Ansible Vault, programs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import secret_programs
from orchestrator.adapters.inventory import read_inventory
from orchestrator.app.vaulted import vaulted_values
from orchestrator.errors import DefinitionError, SecretError
from orchestrator.project import load_project
from orchestrator.secrets import Secret, Secrets

PROJECT = """\
format: reprise/project/v1
name: demo
organisation: {name: Exemple}
staging: {groups: [staging]}
never: [production]
production: {endpoints: ["127.0.0.5:5432"]}
marker: {path: /etc/marker}
inventory: inventory/hosts.yml
ssh: {known-hosts: known_hosts}
signing: {key: "file:keys/seal.key.pem", certificate: trust/seal.crt.pem}
"""
CANARY = "Qz7-canary-Ω-secret"


def _private(path: Path, text: str = CANARY, *, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def _vault(path: Path, text: str, *, password: Path) -> None:
    path.write_text(text)
    program = Path(sys.executable).with_name("ansible-vault")
    command = [str(program), "encrypt", f"--vault-password-file={password}", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _refused(secrets: Secrets, reference: str) -> str:
    with pytest.raises(SecretError) as caught:
        secrets.resolve(reference)
    said = f"{caught.value} {caught.value.hint}"
    assert CANARY not in said
    assert caught.value.__cause__ is None or CANARY not in str(caught.value.__cause__)
    return said


def test_a_secret_prints_as_nothing(tmp_path: Path) -> None:
    _private(tmp_path / "s")
    secret = Secrets(root=tmp_path).resolve("file:s")
    assert secret.text == CANARY
    assert CANARY not in repr(secret)
    with pytest.raises(SecretError, match="must be text"):
        _ = Secret(b"\xff").text


def test_of_the_environment(tmp_path: Path) -> None:
    secrets = Secrets(root=tmp_path, environ={"HAS": CANARY, "EMPTY": ""})
    assert secrets.resolve("env:HAS").text == CANARY
    assert CANARY not in repr(secrets)
    assert "env:EMPTY: it is not set" in _refused(secrets, "env:EMPTY")
    assert "env:NOT: it is not set" in _refused(secrets, "env:NOT")


def test_what_is_no_reference_is_not_repeated(tmp_path: Path) -> None:
    assert "no reference that is known" in _refused(Secrets(root=tmp_path), CANARY)


class TestFiles:
    def test_line_ends_behind_it_are_cut(self, tmp_path: Path) -> None:
        _private(tmp_path / "s", f" {CANARY} \r\n\n", mode=0o400)
        assert Secrets(root=tmp_path).resolve("file:s").text == f" {CANARY} "

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
    def test_one_that_others_can_read_is_refused(self, tmp_path: Path, mode: int) -> None:
        _private(tmp_path / "s", mode=mode)
        assert "others can read it" in _refused(Secrets(root=tmp_path), "file:s")

    def test_a_link_may_lead_beside_it_and_nowhere_else(self, tmp_path: Path) -> None:
        inner, outer = tmp_path / "inner", tmp_path / "outer"
        (inner / "..data").mkdir(parents=True)
        outer.mkdir()
        _private(inner / "..data" / "s")
        (inner / "s").symlink_to("..data/s")
        (inner / "away").symlink_to(_private(outer / "s"))
        secrets = Secrets(root=inner)
        assert secrets.resolve("file:s").text == CANARY
        assert "a link to elsewhere" in _refused(secrets, "file:away")

    def test_what_is_no_small_file_is_refused(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe", 0o600)
        _private(tmp_path / "large", "x" * 70_000)
        _private(tmp_path / "empty", "\n")
        secrets = Secrets(root=tmp_path)
        assert "it is no file" in _refused(secrets, "file:pipe")
        assert "larger than" in _refused(secrets, "file:large")
        assert "it is empty" in _refused(secrets, "file:empty")
        assert "cannot be read" in _refused(secrets, "file:nowhere")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another account")
    def test_one_of_another_account_is_refused(self, tmp_path: Path) -> None:
        os.chown(_private(tmp_path / "s"), 65_533, 65_533)
        assert "belongs to another account" in _refused(Secrets(root=tmp_path), "file:s")


def test_of_systemd(tmp_path: Path) -> None:
    _private(tmp_path / "smtp", mode=0o440)  # as where an ACL lets the service's account read it
    _private(tmp_path / "open", mode=0o444)
    secrets = Secrets(root=Path("/nowhere"), environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert secrets.resolve("credential:smtp").text == CANARY
    assert "others can read it" in _refused(secrets, "credential:open")
    assert "LoadCredentialEncrypted=smtp" in _refused(Secrets(root=tmp_path, environ={}), "credential:smtp")


class TestVault:
    def test_a_value_of_an_encrypted_file(self, tmp_path: Path) -> None:
        password = _private(tmp_path / "password", "vault-password\n")
        _vault(tmp_path / "v.yml", f"pin: 1234\nsmtp: {{password: {CANARY}}}\n", password=password)
        secrets = Secrets(root=tmp_path, vault_password="file:password", environ=os.environ)
        assert secrets.resolve("vault:v.yml#smtp/password").text == CANARY
        assert secrets.resolve("vault:v.yml#pin").text == "1234"
        assert "no such value" in _refused(secrets, "vault:v.yml#smtp/user")
        assert "neither text nor a number" in _refused(secrets, "vault:v.yml#smtp")

    def test_without_its_password(self, tmp_path: Path) -> None:
        password = _private(tmp_path / "password", "vault-password")
        _private(tmp_path / "other", "another")
        _vault(tmp_path / "v.yml", f"a: {CANARY}\n", password=password)
        assert "is not known" in _refused(Secrets(root=tmp_path), "vault:v.yml#a")
        assert "it ended with" in _refused(Secrets(root=tmp_path, vault_password="file:other"), "vault:v.yml#a")

    def test_an_inventory_whose_variables_are_encrypted(self, tmp_path: Path) -> None:
        password = _private(tmp_path / "password", "vault-password")
        (tmp_path / "group_vars").mkdir()
        (tmp_path / "hosts.yml").write_text("all: {hosts: {db: {ansible_host: 192.0.2.1}}}\n")
        _vault(tmp_path / "group_vars" / "all.yml", f"told: {CANARY}\n", password=password)
        with pytest.raises(DefinitionError):
            read_inventory(tmp_path / "hosts.yml")
        secret = Secrets(root=tmp_path).resolve("file:password")
        (host,) = read_inventory(tmp_path / "hosts.yml", vault_password=secret).hosts
        assert host.variables["told"] == CANARY


def test_every_value_of_every_vault_of_a_project(tmp_path: Path) -> None:
    password = _private(tmp_path / "password", "vault-password")
    _project(tmp_path)
    for name in ("inventory/group_vars/all", "playbooks", "runs"):
        (tmp_path / name).mkdir(parents=True)
    _vault(
        tmp_path / "inventory" / "group_vars" / "all" / "v.yml", f"a: [{{b: {CANARY}}}, yes, 7]\n", password=password
    )
    _vault(tmp_path / "playbooks" / "v.txt", "correct horse\nbattery\n", password=password)
    (tmp_path / "playbooks" / "plain.yml").write_text("a: no secret\n")
    secret = Secrets(root=tmp_path).resolve("file:password")
    project = load_project(tmp_path)
    assert vaulted_values(project, password=secret) == {CANARY, "correct horse battery"}
    assert vaulted_values(project, password=None) == frozenset()


def _project(root: Path) -> None:
    (root / "reprise.yml").write_text(PROJECT, encoding="utf-8")


class TestPrograms:
    def test_what_one_prints(self, tmp_path: Path) -> None:
        (tmp_path / "it").write_text(f"{CANARY}\n")
        assert Secrets(root=tmp_path).resolve("command:cat it").text == CANARY

    def test_no_shell_reads_it(self, tmp_path: Path) -> None:
        assert Secrets(root=tmp_path).resolve("command:echo '$HOME;' \"a b\"").text == "$HOME; a b"

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            (f"import sys; print('{CANARY}'); sys.exit('{CANARY}')", "it ended with 1"),
            ("print('x' * 70_000)", "it printed more than 65536 bytes"),
            ("", "it is empty"),
        ],
    )
    def test_its_failure_names_the_reference_alone(self, tmp_path: Path, script: str, said: str) -> None:
        (tmp_path / "program.py").write_text(script)
        reference = f"command:{sys.executable} program.py"
        assert f"{reference}: {said}" in _refused(Secrets(root=tmp_path), reference)

    def test_one_that_is_not_there(self, tmp_path: Path) -> None:
        assert "it cannot be run" in _refused(Secrets(root=tmp_path), "command:no-such-program")

    def test_one_that_never_ends_is_ended_with_what_it_started(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(secret_programs, "TIMEOUT_S", 1)
        os.mkfifo(tmp_path / "held")
        watching = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
        script = "import subprocess, time; f = open('held', 'w'); f.write('begun'); f.flush(); "
        script += "subprocess.Popen(['sleep', '600'], stdout=f, stderr=f); time.sleep(600)"
        (tmp_path / "program.py").write_text(script)
        assert "did not end within" in _refused(Secrets(root=tmp_path), f"command:{sys.executable} program.py")
        os.set_blocking(watching, True)
        # The end of the file: nobody holds the other end any more, the grandchild neither.
        content = b""
        while part := os.read(watching, 100):
            content += part
        os.close(watching)
        assert content in (b"begun", b"")

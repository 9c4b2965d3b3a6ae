"""Secrets in every place where the product takes one, a real drill, and a search of everything that was written."""

import base64
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from orchestrator.adapters.ansible.scratch import scratch_base
from orchestrator.lab import Layout
from tests.acceptance.haystack import CommandLines, Needles, forms
from tests.patience import wait_until
from tests.workshop import DRILL, Done, Workshop

CONTROL = 'Control-7f/Qz+"é&9kX2vB4nT6mW8'


def canary(name: str) -> str:
    """A secret that nobody else has: letters that each form writes otherwise, and a part that looks drawn at random."""
    return f'{name}-7f/Qz+"é&9kX2vB4nT6mW8hJ3'


NAMES = (
    "vaulted",
    "vault-password",
    "printed",
    "inventory",
    "group-variable",
    "host-variable",
    "passphrase",
    "smtp",
    "hook",
    "hook-url",
    "broken-dsn",
)


@dataclass
class Planted:
    """Where secrets were put, on purpose: there they may be found."""

    workshop: Workshop
    credentials: Path
    secrets: dict[str, str]
    environ: dict[str, str]
    places: set[Path] = field(default_factory=set)
    printed: list[Done] = field(default_factory=list)

    def reprise(self, *arguments: str) -> Done:
        command = self.workshop.command(*arguments)
        done = subprocess.run(
            command,
            cwd=self.workshop.project,
            capture_output=True,
            text=True,
            timeout=900,  # for what never ends
            check=False,
            env={**os.environ, **self.environ},
        )
        result = Done(code=done.returncode, out=done.stdout, err=done.stderr)
        self.printed.append(result)
        return result

    def put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self.places.add(path)


@pytest.fixture
def planted(workshop: Workshop, lab: Layout, tmp_path: Path) -> Planted:
    """The project of the lab, with a secret in every place that takes one."""
    secrets = {name: canary(name) for name in NAMES}
    passwords = _passwords(lab)
    secrets |= {f"password-of-{role}": password for role, password in passwords.items()}
    made = Planted(
        workshop=workshop,
        credentials=tmp_path / "credentials",
        secrets=secrets,
        environ={
            "SMTP_SECRET": secrets["smtp"],
            "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
            # A connection string with a password in it, as systems hand it over in the environment.
            "SOURCE_VERIFY_DSN": _with_password(lab, role="reprise_verify", password=passwords["reprise_verify"]),
        },
    )
    made.put(made.credentials / "ansible-vault", secrets["vault-password"])
    made.put(made.credentials / "hook", secrets["hook"])
    made.places.add(workshop.project / "keys" / lab.passfile.name)  # The lab's own, in this copy of its project.
    _plant_inventory(made)
    _plant_key(made)
    _plant_connections(made, lab, password=passwords["reprise_canary"])
    _plant_drill(made)
    return made


def _passwords(lab: Layout) -> dict[str, str]:
    lines = [line.split(":") for line in lab.passfile.read_text(encoding="utf-8").splitlines()]
    return {line[3]: line[4] for line in lines}


def _with_password(lab: Layout, *, role: str, password: str) -> str:
    host = lab.host("source").address
    return (
        f"host={host} port={lab.service_port} dbname={lab.database} user={role} password={password} connect_timeout=2"
    )


def _vaulted(made: Planted, path: Path, text: str) -> None:
    made.put(path, text)
    program = str(Path(sys.executable).with_name("ansible-vault"))
    password = made.credentials / "ansible-vault"
    command = [program, "encrypt", f"--vault-password-file={password}", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _plant_inventory(made: Planted) -> None:
    project, secrets = made.workshop.project, made.secrets
    inventory = project / "inventory"
    _vaulted(made, inventory / "group_vars" / "all" / "vault.yml", f"told_vaulted: {_yaml(secrets['vaulted'])}\n")
    made.put(inventory / "group_vars" / "all" / "plain.yml", f"told_group: {_yaml(secrets['group-variable'])}\n")
    made.put(inventory / "host_vars" / "restore.yml", f"told_host: {_yaml(secrets['host-variable'])}\n")
    lab_file = inventory / "lab.yml"
    planted = f"all:\n  vars:\n    told_inventory: {_yaml(secrets['inventory'])}\n"
    made.workshop.edit("inventory/lab.yml", lambda text: text.replace("all:\n  vars:\n", planted, 1))
    made.places.add(lab_file)
    _vaulted(made, project / "playbooks" / "printed.yml", f"told_printed: {_yaml(secrets['printed'])}\n")


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _plant_key(made: Planted) -> None:
    """The signing key gets a passphrase, which a program prints."""
    project, passphrase = made.workshop.project, made.secrets["passphrase"]
    key = project / "keys" / "seal.key.pem"
    secret = load_pem_private_key(key.read_bytes(), password=None)
    encryption = BestAvailableEncryption(passphrase.encode())
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    made.put(project / "keys" / "passphrase", f"{passphrase}\n")
    made.workshop.edit(
        "reprise.yml",
        lambda text: text.replace(
            "file:keys/seal.key.pem", "file:keys/seal.key.pem?passphrase=command:cat keys/passphrase"
        ),
    )


def _plant_connections(made: Planted, lab: Layout, *, password: str) -> None:
    project, secrets = made.workshop.project, made.secrets
    source = _with_password(lab, role="reprise_canary", password=password)
    _vaulted(made, project / "keys" / "connections.yml", f"source: {{dsn: {_yaml(source)}}}\n")
    nobody = f"host={lab.host('restore').address} port=9 dbname=x user=x connect_timeout=2"
    broken = f"{nobody} password='{secrets['broken-dsn']}'"
    made.put(project / "keys" / "broken", broken)
    replaced = (
        'SOURCE_DSN: {secret: "vault:keys/connections.yml#source/dsn"}\n  BROKEN_DSN: {secret: "file:keys/broken"}'
    )
    lines = "ansible: {vault-password: 'credential:ansible-vault'}\n"

    def change(text: str) -> str:
        written = next(line for line in text.splitlines() if line.strip().startswith("SOURCE_DSN:"))
        return text.replace(written.strip(), replaced, 1) + lines

    made.workshop.edit("reprise.yml", change)


def _plant_drill(made: Planted) -> None:
    project = made.workshop.project
    made.workshop.own_drill()
    spill = """\
  - id: spill
    phase: prepare
    needs: [guard]
    title: {fr: Des secrets sont maniés, en: Secrets are handled}
    playbook: spill.yml
    timeout: 1m
"""
    broken = """\
  - id: broken
    phase: verify
    title: {fr: Une connexion avec mot de passe échoue, en: A connection with a password fails}
    severity: minor
    probe: postgresql
    timeout: 10s
    with: {dsn_env: BROKEN_DSN, query: select 1 as one}
    expect: {values: {one: 1}}
"""
    made.workshop.edit(
        f"drills/{DRILL}.yml",
        lambda text: text.replace("  - id: source-identity\n", f"{spill}  - id: source-identity\n", 1).replace(
            "  - id: recovered\n", f"{broken}  - id: recovered\n", 1
        ),
    )
    (project / "playbooks" / "spill.yml").write_text(SPILL, encoding="utf-8")
    # What is refused at once: a secret that is written into the drill itself, which is evidence.
    drill = (project / "drills" / f"{DRILL}.yml").read_text(encoding="utf-8")
    token = canary("extra-variable")
    made.secrets["extra-variable"] = token
    text = drill.replace(f"id: {DRILL}\n", "id: spilled\n", 1).replace(
        "    playbook: spill.yml\n", f"    playbook: spill.yml\n    vars: {{api_token: {_yaml(token)}}}\n", 1
    )
    made.put(project / "drills" / "spilled.yml", text)


SPILL = """\
- name: Handle secrets as playbooks do
  hosts: restore_target
  gather_facts: false
  vars_files: [printed.yml]
  vars:
    everything:
      - "{{ told_vaulted }}"
      - "{{ told_printed }}"
      - "{{ told_inventory }}"
      - "{{ told_group }}"
      - "{{ told_host }}"
  roles:
    - role: guard
  tasks:
    - name: "Print {{ told_printed }}"
      ansible.builtin.debug:
        msg: "{{ everything }}"
    - name: Hand it to a program, which prints it
      ansible.builtin.command:
        cmd: cat
        stdin: "{{ everything | join(' ') }}"
      changed_when: false
    - name: Fail and say it
      ansible.builtin.fail:
        msg: "{{ everything | join(' ') }}"
      ignore_errors: true
    - name: Loop over it
      ansible.builtin.debug:
        msg: "{{ item }}"
      loop: "{{ everything }}"
    - name: Publish it as a claim
      ansible.builtin.set_stats:
        data:
          reprise_claims:
            spilled: "{{ told_vaulted }}"
            password: "{{ told_printed }}"
            harmless: said
"""


class _Hook(BaseHTTPRequestHandler):
    """Takes what is posted."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def hook() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def shown(secret: str) -> Iterator[None]:
    """A process with a secret in its arguments."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()", secret], stdin=subprocess.PIPE)
    try:
        yield
    finally:
        process.communicate(timeout=60)


def test_the_search_finds_a_secret_in_each_form_and_place(tmp_path: Path) -> None:
    needles = Needles({"control": CONTROL})
    for form, needle in forms(CONTROL).items():
        (tmp_path / form.replace("/", "_")).write_bytes(b"before " + needle + b" behind")
    for lead in range(3):
        (tmp_path / f"wrapped-{lead}").write_bytes(base64.b64encode(b"y" * lead + CONTROL.encode() + b" and more"))
    (tmp_path / "document.json").write_text(json.dumps({"x": CONTROL}))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", CONTROL)
    (tmp_path / "clean").write_bytes(b"nothing of it")
    found = needles.in_tree(tmp_path)
    assert {Path(name.partition("!")[0]).name for name in found} == {path.name for path in tmp_path.iterdir()} - {
        "clean"
    }
    assert f"{tmp_path / 'packed.zip'}!inner.txt" in found
    with CommandLines() as lines, shown(CONTROL):
        wait_until(lambda: any(needles.within(line) for line in lines.seen.copy()))


@pytest.mark.timeout(1_800)
def test_no_secret_is_anywhere_but_where_it_was_put(planted: Planted, tmp_path: Path) -> None:
    project, secrets = planted.workshop.project, planted.secrets
    before = set(Path("/tmp").iterdir())
    with CommandLines() as lines, hook() as port:
        publish = """\
register:
  publish:
    - webhook: {url-from: "command:cat keys/hook-url", secret: "credential:hook"}
    - email: {host: 127.0.0.1, port: 9, from: a@example.org, to: [b@example.org], user: u, password: "env:SMTP_SECRET"}
"""
        planted.put(project / "keys" / "hook-url", f"http://127.0.0.1:{port}/{secrets['hook-url'].encode().hex()}")
        secrets["hook-url"] = secrets["hook-url"].encode().hex()
        planted.workshop.edit("reprise.yml", lambda text: text + publish)
        examined = planted.reprise("doctor", "--json")
        refused = planted.reprise("run", "spilled", "--yes", "--reason", "secrets")
        ran = planted.reprise("run", DRILL, "--yes", "--reason", "secrets", "--lang", "fr")
        run = planted.workshop.latest
        published = planted.reprise("register", "publish")
        today = run.name[:4] + "-" + run.name[4:6] + "-" + run.name[6:8]
        dossier = planted.reprise("dossier", "--from", today, "--to", today)
        exported = planted.reprise("export", "xlsx", "--out", str(tmp_path / "export.xlsx"))
        verified = planted.reprise("verify", str(run))
        shown_run = planted.reprise("show", run.name)

    # Each place was really taken from: the drill could not have passed, nor the hook been reached, without them.
    assert refused.code == 5, refused.out + refused.err
    assert ran.code == 0, ran.out + ran.err
    assert planted.workshop.judgement["verdict"] == "passed-with-gaps"  # the broken connection
    claims = {event["name"]: event["value"] for event in planted.workshop.events if event["type"] == "claim_made"}
    assert claims.get("harmless") == "said"
    assert not {"spilled", "password"} & claims.keys()
    assert "webhook" in published.out + published.err
    assert [one.code for one in (dossier, verified, shown_run)] == [0, 0, 0], dossier.err + verified.out
    assert exported.code == 0, exported.err
    assert '"health": "ok"' in examined.out

    needles = Needles(secrets)
    said = {f"{index}": needles.within((one.out + one.err).encode()) for index, one in enumerate(planted.printed)}
    assert {name: hits for name, hits in said.items() if hits} == {}
    assert [line for line in lines.seen if needles.within(line)] == []
    assert needles.in_tree(project, but=frozenset(planted.places)) == {}
    assert needles.in_tree(scratch_base()) == {}
    left = sorted(set(Path("/tmp").iterdir()) - before)
    assert [name for path in left for name in needles.in_tree(path)] == []
    assert needles.within((tmp_path / "export.xlsx").read_bytes()) == set()

"""The user's project: `reprise.yml` and the names of connections, with every fault by file and line."""

from pathlib import Path

import pytest

from orchestrator.core.model import Language
from orchestrator.errors import DefinitionError, ExitCode, UsageError
from orchestrator.project import Environment, load_project

GOOD = """\
format: reprise/project/v1
name: demo
organisation:
  name: Hébergeur Exemple
  hds-certificate: {number: HDS-1, expires: "2028-05-14"}
staging: {groups: [restore-target, database]}
never: ["production*", 192.0.2.0/24]
production: {endpoints: ["192.0.2.1:5432"]}
marker: {path: "/etc/reprise-staging"}
inventory: inventory/hosts.yml
ssh: {known-hosts: known_hosts}
signing: {key: "file:keys/key.pem", certificate: trust/certificate.pem}
environment:
  SOURCE_DSN: host=192.0.2.10 dbname=app passfile=/x
"""


def _project(root: Path, text: str) -> Path:
    (root / "reprise.yml").write_text(text)
    return root


def _faults(root: Path, text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_project(_project(root, text))
    assert caught.value.exit_code is ExitCode.DEFINITION
    return [str(fault) for fault in caught.value.faults]


def test_a_good_project_is_read(tmp_path: Path) -> None:
    project = load_project(_project(tmp_path, GOOD))
    assert project.root == tmp_path.resolve()
    assert project.boundary.staging_groups == ("restore-target", "database")
    assert project.boundary.never == ("production*", "192.0.2.0/24")
    assert project.boundary.production_endpoints == ("192.0.2.1:5432",)
    assert project.definition.organisation.hds_certificate is not None
    assert project.definition.organisation.hds_certificate.expires == "2028-05-14"
    assert project.definition.language is Language.FRENCH
    root = tmp_path.resolve()
    assert (project.inventory, project.known_hosts) == (root / "inventory/hosts.yml", root / "known_hosts")
    assert project.key_uri == f"file:{root}/keys/key.pem"
    assert project.certificate == root / "trust/certificate.pem"


def test_a_key_that_is_no_file_keeps_its_uri(tmp_path: Path) -> None:
    text = GOOD.replace('"file:keys/key.pem"', '"pkcs11:token=x"')
    assert load_project(_project(tmp_path, text)).key_uri == "pkcs11:token=x"


def test_a_directory_without_the_file_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no project here") as caught:
        load_project(tmp_path)
    assert (caught.value.exit_code, "reprise init DIR" in (caught.value.hint or "")) == (ExitCode.USAGE, True)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "reprise.yml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        load_project(tmp_path)
    (tmp_path / "reprise.yml").unlink()
    (tmp_path / "reprise.yml").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        load_project(tmp_path)


FAULTS = {
    "an unknown key": ("inventory:", "inventry:", ["reprise.yml:1: inventory: is missing", "reprise.yml:10: inventry"]),
    "no staging group": ("[restore-target, database]", "[]", ["reprise.yml:6: staging.groups: "]),
    "an empty never-list": ('["production*", 192.0.2.0/24]', "[]", ["reprise.yml:7: never: "]),
    "no production endpoint": ('["192.0.2.1:5432"]', "[]", ["reprise.yml:8: production.endpoints: "]),
    "a repeated key": ("name: demo", "name: demo\nname: other", ["reprise.yml:3: name: the key is already given"]),
    "another format": ("project/v1", "project/v9", ["reprise.yml:1: format: "]),
    "a date that is none": (
        '"2028-05-14"',
        "2028-05-14",
        ["reprise.yml:5: organisation.hds-certificate.exp"],
    ),
    "a password": ("passfile=/x", "password=secret", ["reprise.yml:14: environment.SOURCE_DSN: holds a password"]),
    "a key in the other spelling": (
        "known-hosts:",
        "known_hosts:",
        ["reprise.yml:11: ssh.known"] * 2,
    ),
}


PRIVACY = {
    "a slow pattern": (
        r"{name: ipp, pattern: '(a{0,30}){0,30}bcde'}",
        ["reprise.yml:17: privacy.patterns.0.pattern: "],
    ),
    "a pattern that is in every run": (
        r"{name: ipp, pattern: '\d{8}'}",
        ["reprise.yml:17: privacy.patterns.0.pattern: is"],
    ),
    "no pattern at all": (r"{name: ipp, pattern: 'IPP('}", ["reprise.yml:17: privacy.patterns.0.pattern: is no"]),
    "a name that is none": (r"{name: My IPP, pattern: 'IPP\d{8}'}", ["reprise.yml:17: privacy.patterns.0.name: "]),
    "two of one name": (
        r"{name: ipp, pattern: 'IPP\d{8}'}, {name: ipp, pattern: 'NDA\d{8}'}",
        ["reprise.yml:17: privacy.patterns.1.name: is 'ipp', like one before it"],
    ),
}


@pytest.mark.parametrize("case", PRIVACY)
def test_a_pattern_that_cannot_be_used_is_a_fault_of_the_file(tmp_path: Path, case: str) -> None:
    written, expected = PRIVACY[case]
    found = _faults(tmp_path, f"{GOOD}privacy:\n  names: privacy/names.txt\n  patterns: [{written}]\n")
    assert len(found) == len(expected), found
    for fault, beginning in zip(found, expected, strict=True):
        assert fault.startswith(beginning), fault


def test_what_a_project_chooses_for_its_evidence_is_read(tmp_path: Path) -> None:
    text = r"""privacy:
  patterns: [{name: ipp, pattern: "\\bIPP\\d{8}\\b"}]
  names: privacy/names.txt
catalogue: {frameworks: [pgssi-s], files: [catalogue/own.yml]}
"""
    definition = load_project(_project(tmp_path, GOOD + text)).definition
    assert [(one.name, one.pattern) for one in definition.privacy.patterns] == [("ipp", r"\bIPP\d{8}\b")]
    assert definition.privacy.names == Path("privacy/names.txt")
    assert definition.catalogue.frameworks == ("pgssi-s",)
    assert definition.catalogue.files == (Path("catalogue/own.yml"),)


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_by_file_line_and_key(tmp_path: Path, case: str) -> None:
    old, new, expected = FAULTS[case]
    assert GOOD.count(old) == 1
    found = _faults(tmp_path, GOOD.replace(old, new))
    assert len(found) == len(expected)
    for fault, beginning in zip(sorted(found), sorted(expected), strict=True):
        assert fault.startswith(beginning)


def test_a_password_in_a_connection_uri_is_found_too(tmp_path: Path) -> None:
    text = GOOD.replace("host=192.0.2.10 dbname=app passfile=/x", "postgresql://app:secret@192.0.2.10/app")
    assert _faults(tmp_path, text)[0].startswith("reprise.yml:14: environment.SOURCE_DSN: holds a password")


def test_no_fault_repeats_a_secret(tmp_path: Path) -> None:
    for value in ("password=hunter2", "postgresql://app:hunter2@h/app"):
        text = GOOD.replace("host=192.0.2.10 dbname=app passfile=/x", value)
        assert "hunter2" not in "".join(_faults(tmp_path, text))


PUBLISHED = """\
register:
  publish:
    - file: /mnt/worm
    - git: {repository: ../evidence, folder: demo/register, remote: origin}
    - email: {host: smtp.example, from: a@example.org, to: [b@example.org], user-env: U, password-env: P}
    - webhook: {url: "https://audit.example/hooks/1", secret-env: S}
"""


def test_those_who_are_published_to_are_read(tmp_path: Path) -> None:
    project = load_project(_project(tmp_path, GOOD + PUBLISHED))
    file, git, email, webhook = project.definition.register_.publish
    assert file.file == Path("/mnt/worm")
    assert git.git is not None
    assert (git.git.folder, git.git.remote) == ("demo/register", "origin")
    assert email.email is not None
    assert (email.email.port, email.email.security, email.email.sender) == (587, "starttls", "a@example.org")
    assert webhook.webhook is not None
    assert webhook.webhook.secret_env == "S"
    assert project.register_public_key == tmp_path.resolve() / "trust/register.pub.pem"


def test_nobody_has_to_be_published_to(tmp_path: Path) -> None:
    assert load_project(_project(tmp_path, GOOD)).definition.register_.publish == ()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("- {}", "must be one of file, git, email, webhook"),
        ("- {file: /a, git: {repository: b}}", "must be one of file, git, email, webhook"),
        ("- {fil: /a}", "did you mean file?"),
        ("- {git: {repository: a, folder: ../b}}", "register.publish.0.git.folder"),
        ("- {git: {repository: a, folder: /b}}", "register.publish.0.git.folder"),
        ("- {git: {repository: a, remote: --upload-pack=x}}", "register.publish.0.git.remote"),
        ("- {email: {host: h, from: a@b, to: []}}", "register.publish.0.email.to"),
        (
            "- {email: {host: h, from: a@b, to: [c@d], user-env: U}}",
            "give an account (user or user-env) and its password",
        ),
        (
            "- {email: {host: h, from: a@b, to: [c@d], user-env: U, password-env: P, security: none}}",
            "a password is not sent without TLS",
        ),
        (
            "- {email: {host: h, from: a@b, to: [c@d], user: u, password: x}}",
            "email.password: is no reference to a secret",
        ),
        ("- {email: {host: h, from: a@b, to: [c@d], user: u}}", "give an account (user or user-env) and its password"),
        ('- {webhook: {url: "https://user:pw@h/x", secret-env: S}}', "register.publish.0.webhook.url"),
        ("- {webhook: {secret-env: S}}", "give one of url, url-from and url-env"),
        ('- {webhook: {url: "https://h/x"}}', "give one of secret and secret-env"),
        ('- {webhook: {url: "ftp://h/x", secret-env: S}}', "register.publish.0.webhook.url"),
    ],
)
def test_a_fault_of_those_who_are_published_to_is_named(tmp_path: Path, written: str, words: str) -> None:
    text = f"{GOOD}register:\n  publish:\n    {written}\n"
    found = _faults(tmp_path, text)
    assert any(words in fault for fault in found)
    assert all(fault.startswith("reprise.yml:17: ") for fault in found)
    assert "pw@" not in "".join(found)


class TestEnvironment:
    def test_a_name_is_replaced_by_what_it_stands_for(self) -> None:
        environment = Environment(declared={"SOURCE_DSN": "host=a"})
        question = {"dsn_env": "SOURCE_DSN", "query": "select 1"}
        assert environment.resolve(question) == {"dsn": "host=a", "query": "select 1"}

    def test_the_process_goes_before_the_project(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOURCE_DSN", "host=b")
        assert Environment(declared={"SOURCE_DSN": "host=a"}).resolve({"dsn_env": "SOURCE_DSN"}) == {"dsn": "host=b"}

    def test_a_name_that_stands_for_nothing_is_a_fault(self) -> None:
        with pytest.raises(DefinitionError, match=r"environment\.NO_SUCH_NAME: is not set \(set NO_SUCH_NAME"):
            Environment(declared={}).resolve({"dsn_env": "NO_SUCH_NAME"})


TIMED = GOOD.replace(
    "certificate: trust/certificate.pem}",
    'certificate: trust/certificate.pem, timestamp: {url: "https://tsa.example/tsp", trust: [trust/tsa.pem]}}',
)


def test_a_time_stamp_authority_and_who_vouches_for_it(tmp_path: Path) -> None:
    timestamp = load_project(_project(tmp_path, TIMED)).definition.signing.timestamp

    assert timestamp is not None
    assert (timestamp.url, timestamp.trust, timestamp.policy) == (
        "https://tsa.example/tsp",
        (Path("trust/tsa.pem"),),
        None,
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("https://tsa.example/tsp", "https://a:b@tsa.example/tsp", "holds a password"),
        ("https://tsa.example/tsp", "ftp://tsa.example", "signing.timestamp.url"),
        ("[trust/tsa.pem]", "[]", "signing.timestamp.trust"),
    ],
)
def test_what_no_time_stamp_authority_can_be(before: str, after: str, message: str, tmp_path: Path) -> None:
    faults = _faults(tmp_path, TIMED.replace(before, after))

    assert any(message in fault for fault in faults)
    assert not any("a:b" in fault for fault in faults)


def test_a_reference_stands_where_a_secret_would(tmp_path: Path) -> None:
    written = """\
ansible: {vault-password: "credential:ansible-vault"}
register:
  publish:
    - {email: {host: h, from: a@b, to: [c@d], user: u, password: "command:pass show smtp"}}
    - {webhook: {url-from: "file:keys/hook", secret: "env:HOOK"}}
"""
    project = load_project(_project(tmp_path, GOOD + written))
    assert project.secrets.vault_password == "credential:ansible-vault"
    email, webhook = project.definition.register_.publish
    assert email.email is not None
    assert webhook.webhook is not None
    assert email.email.password_reference == "command:pass show smtp"
    assert (webhook.webhook.url_reference, webhook.webhook.secret_reference) == ("file:keys/hook", "env:HOOK")


def test_what_is_written_in_the_place_of_a_reference_is_not_repeated(tmp_path: Path) -> None:
    faults = _faults(tmp_path, GOOD + "ansible: {vault-password: hunter2}\n")
    assert ["hunter2" in fault for fault in faults] == [False]


def test_a_connection_string_may_be_a_secret_and_is_asked_for_once(tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    file.touch(mode=0o600)
    file.write_text("host=a password=hunter2\n")
    text = GOOD.replace("host=192.0.2.10 dbname=app passfile=/x", '{secret: "file:dsn"}')
    project = load_project(_project(tmp_path, text))
    environment = Environment(declared=project.definition.environment, secrets=project.secrets)
    assert "hunter2" not in repr(environment)
    assert environment.resolve({"dsn_env": "SOURCE_DSN"}) == {"dsn": "host=a password=hunter2"}
    assert "hunter2" not in repr(environment)
    file.unlink()
    assert environment.resolve({"dsn_env": "SOURCE_DSN"}) == {"dsn": "host=a password=hunter2"}
    fresh = Environment(declared=project.definition.environment, secrets=project.secrets)
    with pytest.raises(DefinitionError, match=r"environment\.SOURCE_DSN: file:dsn: it cannot be read"):
        fresh.resolve({"dsn_env": "SOURCE_DSN"})

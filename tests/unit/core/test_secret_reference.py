"""How secrets are named: what is a reference, and that what is none is not repeated."""

import pytest

from orchestrator.core.secret_reference import Reference, SecretKind, parse_reference


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("env:SMTP_PASSWORD", SecretKind.ENV, "SMTP_PASSWORD"),
        ("file:/etc/reprise/smtp", SecretKind.FILE, "/etc/reprise/smtp"),
        ("credential:smtp.password", SecretKind.CREDENTIAL, "smtp.password"),
        ("vault:group_vars/all/vault.yml#smtp/password", SecretKind.VAULT, "group_vars/all/vault.yml#smtp/password"),
        ("command:pass show 'reprise/smtp relay'", SecretKind.COMMAND, "pass show 'reprise/smtp relay'"),
    ],
)
def test_a_reference_says_where_a_secret_is(text: str, kind: SecretKind, place: str) -> None:
    assert parse_reference(text) == Reference(kind=kind, place=place)
    assert str(parse_reference(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "plain:hunter2",
        "env:",
        "env:hunter-2",
        "file:",
        "credential:../hunter2",
        "credential:.hunter2",
        "vault:hunter2.yml",
        "vault:file.yml#",
        "vault:file.yml#hunter2//x",
        "command:",
        "command:pass 'hunter2",
    ],
)
def test_what_is_no_reference_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="is no reference to a secret") as caught:
        parse_reference(text)
    assert "hunter2" not in str(caught.value)

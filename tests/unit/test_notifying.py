"""`notify` of the project file: what is read, and every fault by its line."""

from pathlib import Path

import pytest

from orchestrator.core.model import Language
from orchestrator.core.occasions import OccasionName
from orchestrator.errors import DefinitionError
from orchestrator.notifying import EVERYTHING, NotifyDefinition
from orchestrator.project import load_project
from tests.unit.test_project import GOOD


def read(root: Path, *entries: str) -> tuple[NotifyDefinition, ...]:
    listed = "".join(f"  - {entry}\n" for entry in entries)
    (root / "reprise.yml").write_text(f"{GOOD}notify:\n{listed}", encoding="utf-8")
    return load_project(root).definition.notify


def test_each_way_is_read_with_what_it_is_told_of(tmp_path: Path) -> None:
    mail, hook, chat, other = read(
        tmp_path,
        "{email: {host: h, from: a@b, to: [c@d], user-env: U, password-env: P}, occasions: [failed, missed]}",
        "{webhook: {url-env: URL, secret-env: S}, systems: [dpi], language: en}",
        "{apprise: {urls-file: keys/services}, drills: [restore-dpi]}",
        "{uses: pigeon, with: {loft: 3}}",
    )
    assert [one.way for one in (mail, hook, chat, other)] == ["email", "webhook", "apprise", "pigeon"]
    assert mail.occasions == (OccasionName.FAILED, OccasionName.MISSED)
    assert [one.references for one in (mail, hook, chat, other)] == [
        ("env:U", "env:P"),
        ("env:URL", "env:S"),
        ("file:keys/services",),
        (),
    ]
    assert (hook.systems, hook.language, hook.occasions) == (("dpi",), Language.ENGLISH, EVERYTHING)
    assert other.declared == {"loft": 3}
    assert OccasionName.TEST not in EVERYTHING


def test_nobody_has_to_be_told(tmp_path: Path) -> None:
    (tmp_path / "reprise.yml").write_text(GOOD, encoding="utf-8")
    assert load_project(tmp_path).definition.notify == ()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{}", "must have one of apprise, email, uses, webhook"),
        ("{uses: pigeon, apprise: {urls-env: U}}", "must have one of apprise, email, uses, webhook"),
        ("{uses: pigeon, occasions: [fialed]}", "notify.0.occasions.0"),
        ("{uses: pigeon, occasions: [test]}", "a test goes to everybody, and is not chosen"),
        ("{uses: pigeon, occasions: []}", "notify.0.occasions"),
        ("{uses: pigeon, occasion: [failed]}", "did you mean occasions?"),
        ("{apprise: {}}", "give one of urls, urls-env and urls-file"),
        ("{apprise: {urls-env: U, urls-file: f}}", "give one of urls, urls-env and urls-file"),
        ("{apprise: {urls: [slack://s3cret]}}", "notify.0.apprise.urls"),
        ("{apprise: {urls-env: U}, with: {a: b}}", "with belongs to uses"),
        ("{webhook: {url-env: U}}", "give one of secret and secret-env"),
        ("{email: {host: h, from: a@b, to: []}}", "notify.0.email.to"),
    ],
)
def test_a_fault_is_named_by_line_and_key(tmp_path: Path, written: str, words: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path, written)
    faults = [str(fault) for fault in caught.value.faults]
    assert any(words in fault for fault in faults), faults
    assert all(fault.startswith("reprise.yml:16: ") for fault in faults), faults
    assert "s3cret" not in "".join(faults)

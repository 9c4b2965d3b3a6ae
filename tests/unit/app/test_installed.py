import pytest

from orchestrator.app.installed import check_installed
from orchestrator.core.definition import parse_drill
from orchestrator.errors import DefinitionError
from orchestrator.plugins import bundled_content

FILE = "drills/postgresql-restore.yml"
TEXT = (bundled_content() / "drills" / "postgresql-restore.yml").read_text(encoding="utf-8")


def test_a_shipped_drill_names_only_what_is_installed() -> None:
    check_installed(parse_drill(TEXT, file=FILE), file=FILE)


@pytest.mark.parametrize(
    ("written", "instead", "key", "group"),
    [
        (
            "    probe: postgresql\n    every: 50ms\n    timeout",
            "    probe: semaphore\n    every: 50ms\n    timeout",
            "watch sql-service",
            "watches",
        ),
        ("canary:\n  probe: postgresql", "canary:\n  probe: semaphore", "canary", "canaries"),
        ("catalogue: pgbackrest", "catalogue: semaphore", "recovery-point", "backups"),
        ("    probe: tcp\n", "    probe: semaphore\n", "step nothing-listens", "probes"),
    ],
)
def test_what_is_not_installed_is_told_with_its_place_and_what_there_is(
    written: str, instead: str, key: str, group: str
) -> None:
    assert written in TEXT
    drill = parse_drill(TEXT.replace(written, instead, 1), file=FILE)
    with pytest.raises(DefinitionError) as caught:
        check_installed(drill, file=FILE)
    (fault,) = caught.value.faults
    assert (fault.file, fault.key) == (FILE, key)
    assert f"reprise.{group}: there is no semaphore" in fault.message
    assert "postgresql" in (fault.hint or "") or "pgbackrest" in (fault.hint or "")

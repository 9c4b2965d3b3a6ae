"""Lines of the log: whatever the values hold, one line each, with the priority where journald reads it."""

import io
import logging
from pathlib import Path

import pytest

from orchestrator.logbook import EventName, Logfmt, log_event, open_log


def line(*, journald: bool = False, level: int = logging.INFO, **fields: object) -> str:
    record = logging.LogRecord("reprise", level, "", 0, "step_finished", None, None)
    record.created, record.fields = 1_795_000_000.25, fields
    return Logfmt(journald=journald).format(record)


def test_a_line_has_its_time_its_level_and_its_fields_in_order() -> None:
    said = line(run="r-1", step="restore", attempt=2, self_test=False, nothing=None)
    assert (
        said
        == "ts=2026-11-18T11:06:40.250Z level=info event=step_finished run=r-1 step=restore attempt=2 self_test=false"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a b", '"a b"'),
        ('say "x"', '"say \\"x\\""'),
        ("a\nlevel=error", '"a\\nlevel=error"'),
        ("", '""'),
        ("a=b", '"a=b"'),
        ("é\u2028", '"\\u00e9\\u2028"'),
        ("runs/x.y-1:2,3@h+4%", "runs/x.y-1:2,3@h+4%"),
    ],
)
def test_no_value_makes_a_second_line_or_a_second_field(value: str, written: str) -> None:
    assert line(value=value).rpartition("event=step_finished ")[2] == f"value={written}"


@pytest.mark.parametrize(("level", "priority"), [(logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3)])
def test_journald_gets_the_priority_and_no_second_time(level: int, priority: int) -> None:
    assert line(journald=True, level=level).startswith(f"<{priority}>level=")


def test_a_stream_that_leads_to_the_journal_is_known_by_its_inode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for named, beginning in (("yes", "<6>level=info"), ("no", "ts=")):
        with (tmp_path / named).open("w+", encoding="utf-8") as stream:
            found = (tmp_path / "yes").stat()
            monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
            open_log(stream)
            log_event(EventName.RUN_FINISHED, run="r-1")
            stream.seek(0)
            assert stream.read().startswith(beginning)


def test_a_log_that_nobody_takes_any_more_raises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    open_log(stream)
    stream.close()
    log_event(EventName.RUN_FINISHED, run="r-1")
    assert capsys.readouterr() == ("", "")

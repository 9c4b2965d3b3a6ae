"""The series: written and read back the same, torn lines left out, anything else refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.samples import (
    MARKER_COLUMNS,
    SAMPLE_COLUMNS,
    Marker,
    Sample,
    format_marker,
    format_sample,
    header,
    parse_markers,
    parse_samples,
)
from orchestrator.errors import EvidenceError

instants = st.integers(0, 2**53 - 1)
faults = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=20)
samples = st.lists(
    st.builds(Sample, due_us=instants, started_us=instants, finished_us=instants, answered=st.booleans(), fault=faults)
)
markers = st.lists(
    st.builds(Marker, number=instants, sent_us=instants, acknowledged_us=st.none() | instants, fault=faults)
)


@given(samples)
def test_samples_are_read_as_they_were_written(written: list[Sample]) -> None:
    text = header(SAMPLE_COLUMNS) + "".join(map(format_sample, written))
    assert parse_samples(text) == tuple(written)


@given(markers)
def test_markers_are_read_as_they_were_written(written: list[Marker]) -> None:
    text = header(MARKER_COLUMNS) + "".join(map(format_marker, written))
    assert parse_markers(text) == tuple(written)


def test_a_torn_last_line_is_left_out() -> None:
    text = header(SAMPLE_COLUMNS) + "1,2,3,1,\n4,5,6,0,ref"
    assert [sample.due_us for sample in parse_samples(text)] == [1]


WRONG = {
    "nothing": "",
    "no header": "1,2,3,1,\n",
    "another header": header(MARKER_COLUMNS),
    "too few cells": header(SAMPLE_COLUMNS) + "1,2,3\n",
    "too many cells": header(SAMPLE_COLUMNS) + "1,2,3,1,,x\n",
    "an empty line": header(SAMPLE_COLUMNS) + "\n",
    "due is no number": header(SAMPLE_COLUMNS) + "x,2,3,1,\n",
    "started is negative": header(SAMPLE_COLUMNS) + "1,-2,3,1,\n",
    "finished is no number": header(SAMPLE_COLUMNS) + "1,2,x,1,\n",
    "finished is empty": header(SAMPLE_COLUMNS) + "1,2,,1,\n",
    "answered is neither 0 nor 1": header(SAMPLE_COLUMNS) + "1,2,3,yes,\n",
    "a digit of another script": header(SAMPLE_COLUMNS) + "²,2,3,1,\n",
    "a number too long": header(SAMPLE_COLUMNS) + "9" * 5_000 + ",2,3,1,\n",
    "a cell too long": header(SAMPLE_COLUMNS) + "1,2,3,1," + "x" * 200_000 + "\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_no_sample_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        parse_samples(text)


@pytest.mark.parametrize("row", ["1,2,x,", "x,2,3,", "1,,3,", "1,2,-3,", "1,2"])
def test_what_is_no_marker_is_refused(row: str) -> None:
    with pytest.raises(EvidenceError):
        parse_markers(header(MARKER_COLUMNS) + row + "\n")

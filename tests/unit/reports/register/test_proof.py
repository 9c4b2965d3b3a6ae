"""Proofs that travel: each holds for its own entry, place, checkpoint and key, and says what is wrong otherwise."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.core.canonical import canonical
from orchestrator.errors import EvidenceError
from reports.register.checkpoint import origin_of
from reports.register.proof import (
    InclusionProof,
    RunProof,
    build_inclusion,
    build_run_proof,
    check_run_proof,
)
from tests.unit.reports.register.conftest import KEY, ORIGIN, OTHER, chained, ended, sealed, signed, started

CHAIN = chained([started("run-0"), started("run-1"), ended("run-0"), sealed("run-0"), ended("run-1")])
HEAD = signed(CHAIN)


def included(seq: int) -> InclusionProof:
    hashes = CHAIN.tree.inclusion(seq, size=HEAD.size)
    return build_inclusion(CHAIN.entry(seq), hashes=hashes, checkpoint=HEAD.checkpoint, note=HEAD.content)


def proved(run: str, *, token: bytes | None = b"token") -> RunProof:
    entries = [entry for entry in CHAIN.entries(CHAIN.size) if entry.event.run_id == run]  # type: ignore[union-attr]
    return build_run_proof(
        entries, path=lambda seq: CHAIN.tree.inclusion(seq, size=HEAD.size), note=HEAD.content, token=token
    )


def changed(proof: RunProof, **values: Any) -> RunProof:
    return proof.model_copy(update=values)


@pytest.mark.parametrize("seq", range(5))
def test_an_inclusion_proof_survives_the_way_through_json(seq: int) -> None:
    read = InclusionProof.model_validate(json.loads(canonical(included(seq))))
    assert read == included(seq)
    assert read.verify([KEY], origin=ORIGIN) == HEAD.checkpoint


def test_an_inclusion_proof_says_what_is_wrong() -> None:
    proof = included(2)
    for update, words in (
        ({"index": 1}, "of another place"),
        ({"size": 4}, "of another place, or of another checkpoint"),
        ({"entry": CHAIN.entry(1), "index": 1}, "entry 1 is not in the tree that was signed"),
        ({"hashes": proof.hashes[:-1]}, "too short"),
        ({"checkpoint": signed(CHAIN, size=4).content.decode(), "size": 4}, "is too long|is not in the tree"),
        ({"checkpoint": proof.checkpoint.replace("\n5\n", "\n6\n"), "size": 6}, "does not hold"),
    ):
        with pytest.raises(EvidenceError, match=words):
            proof.model_copy(update=update).verify([KEY])
    with pytest.raises(EvidenceError, match="no key that is trusted here"):
        proof.verify([OTHER.public_key()])
    with pytest.raises(EvidenceError, match="not of"):
        proof.verify([KEY], origin=origin_of("other"))


@given(seq=st.integers(0, 4), data=st.data())
def test_any_changed_entry_is_refused(seq: int, data: st.DataObject) -> None:
    proof = included(seq)
    document = json.loads(canonical(proof))
    key = data.draw(st.sampled_from(sorted(set(document["entry"]["event"]) - {"type", "perimeters", "targets"})))
    document["entry"]["event"][key] = data.draw(st.sampled_from(["x", "0" * 64, "run-9", 7, "failed"]))
    try:
        read = InclusionProof.model_validate(document)
    except ValidationError:
        return
    if read != proof:
        with pytest.raises(EvidenceError):
            read.verify([KEY])


def test_a_run_is_proved_by_its_beginning_and_its_end() -> None:
    proof = RunProof.model_validate(json.loads(canonical(proved("run-0"))))
    assert check_run_proof(proof, keys=[KEY], run_id="run-0", origin=ORIGIN) == HEAD.checkpoint
    assert proof.token == b"token"
    assert proved("run-0", token=None).token is None


def test_a_proof_of_a_run_says_what_is_wrong() -> None:
    proof, other = proved("run-0"), proved("run-1")
    for wrong, words in (
        (other, "the proof is of another run"),
        (changed(proof, ended=other.ended), "of another run"),
        (changed(proof, started=proof.ended, ended=proof.started), "not of a beginning and an end"),
        (changed(proof, started=proof.ended), "not of a beginning and an end"),
        (changed(proof, started=changed_hashes(proof)), "entry 0 is not in the tree that was signed"),
        (changed(proof, checkpoint=proof.checkpoint.replace("demo", "dem0")), "no key that is trusted here"),
        (changed(proof, checkpoint="no note"), "no signed note"),
    ):
        with pytest.raises(EvidenceError, match=words):
            check_run_proof(wrong, keys=[KEY], run_id="run-0")
    with pytest.raises(EvidenceError, match="no key that is trusted here"):
        check_run_proof(proof, keys=[], run_id="run-0")


def changed_hashes(proof: RunProof) -> Any:
    flipped = ("0" * 64, *proof.started.hashes[1:])
    return proof.started.model_copy(update={"hashes": flipped})


def test_an_end_under_another_plan_is_no_end() -> None:
    chain = chained([started("run-0"), ended("run-0", plan="cd" * 32)])
    head = signed(chain)
    proof = build_run_proof(
        chain.entries(2), path=lambda seq: chain.tree.inclusion(seq, size=2), note=head.content, token=None
    )
    with pytest.raises(EvidenceError, match="ended under another plan"):
        check_run_proof(proof, keys=[KEY], run_id="run-0")


def test_an_end_before_the_beginning_is_no_end() -> None:
    chain = chained([ended("run-0"), started("run-0")])
    head = signed(chain)
    proof = build_run_proof(
        chain.entries(2), path=lambda seq: chain.tree.inclusion(seq, size=2), note=head.content, token=None
    )
    with pytest.raises(EvidenceError, match="ended before it was entered as begun"):
        check_run_proof(proof, keys=[KEY], run_id="run-0")


def test_a_time_stamp_that_is_no_base_64_is_named() -> None:
    with pytest.raises(EvidenceError, match="time-stamp is no base 64"):
        _ = changed(proved("run-0"), timestamp="?").token
    assert changed(proved("run-0"), timestamp=base64.b64encode(b"x").decode()).token == b"x"

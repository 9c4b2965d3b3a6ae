"""The test vectors: they are what the script makes, and both of our verifiers agree with each, the bad ones refused."""

import hashlib
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import RootModel

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.journal import parse_journal
from orchestrator.errors import EvidenceError, JournalError
from reports.envelope import parse_attestation
from reports.register.checkpoint import read_checkpoint
from reports.register.note import parse_verifier_key
from reports.register.tree import Tree, check_consistency, check_inclusion, leaf_hash
from reports.standalone import verify_evidence as bare
from tests.golden.vectors import MADE, VECTORS, written

Vector = dict[str, Any]
ROOT_OF_EIGHT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
"""As the tests of Certificate Transparency publish it."""
LARGEST_TOTAL = 300_000


def _read(name: str) -> Vector:
    loaded: Vector = json.loads((VECTORS / f"{name}.json").read_bytes())
    return loaded


CANONICAL, JOURNAL, MERKLE, NOTE, ATTESTATION = map(_read, ("canonical", "journal", "merkle", "note", "attestation"))


def _named(vector: Vector) -> str:
    return str(vector["name"])


def _bytes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(step) for step in path]


@pytest.mark.parametrize("name", MADE)
def test_the_files_are_what_the_script_makes(name: str) -> None:
    assert (VECTORS / name).read_bytes() == written(name)


def test_no_other_file_of_vectors_is_there_and_they_are_small() -> None:
    found = sorted(VECTORS.glob("*.json"))
    assert [path.name for path in found] == sorted(MADE)
    assert sum(path.stat().st_size for path in found) < LARGEST_TOTAL


@pytest.mark.parametrize("vector", CANONICAL["valid"], ids=_named)
def test_the_canonical_form_of_a_value(vector: Vector) -> None:
    form = bytes.fromhex(vector["canonical_hex"])
    assert canonical(RootModel[Any](vector["value"])) == bare.canonical(vector["value"]) == form
    assert bare.parse_json(form, "vector") == vector["value"]
    assert sha256(form) == bare.sha256(form) == vector["sha256"]


def test_the_chain_of_a_journal() -> None:
    valid, genesis = JOURNAL["valid"], JOURNAL["genesis"]
    content = valid["journal"].encode()
    entries, lines = parse_journal(content, genesis=genesis), bare.read_journal(content, genesis=genesis)
    assert sha256(JOURNAL["plan"].encode()) == genesis == entries[0].prev
    assert [entry.prev for entry in entries[1:]] == valid["digests"][:-1]
    assert (valid["digests"][-1], valid["sha256"]) == (valid["head"], sha256(content))
    assert [line.seq for line in lines] == [entry.seq for entry in entries] == list(range(len(valid["digests"])))


@pytest.mark.parametrize("vector", JOURNAL["invalid"], ids=_named)
def test_a_journal_that_does_not_follow(vector: Vector) -> None:
    assert not JOURNAL["valid"]["journal"].startswith(vector["journal"]) or not vector["journal"].endswith("\n")
    with pytest.raises(JournalError):
        parse_journal(vector["journal"].encode(), genesis=JOURNAL["genesis"])
    with pytest.raises(bare.Wrong):
        bare.read_journal(vector["journal"].encode(), genesis=JOURNAL["genesis"])


def test_the_hashes_of_the_tree() -> None:
    tree, leaves = Tree(), _bytes(MERKLE["leaves_hex"])
    for leaf in leaves:
        tree.append(leaf)
    assert [leaf_hash(leaf).hex() for leaf in leaves] == MERKLE["leaf_hashes"]
    assert [tree.root(size).hex() for size in range(9)] == MERKLE["roots"]
    assert MERKLE["roots"][8] == ROOT_OF_EIGHT


def _product_includes(proof: Vector) -> None:
    leaf, path, root = leaf_hash(bytes.fromhex(proof["leaf_hex"])), _bytes(proof["path"]), bytes.fromhex(proof["root"])
    check_inclusion(leaf, index=proof["index"], size=proof["size"], path=path, root=root)


def _bare_includes(proof: Vector) -> bool:
    head = bare.Checkpoint("", proof["size"], bytes.fromhex(proof["root"]))
    entry, path = bytes.fromhex(proof["leaf_hex"]), _bytes(proof["path"])
    return bare.is_included(entry, index=proof["index"], hashes_up=path, checkpoint=head)


def test_the_proofs_of_inclusion() -> None:
    assert len(MERKLE["inclusion"]["valid"]) == 36
    for proof in MERKLE["inclusion"]["valid"]:
        _product_includes(proof)
        assert _bare_includes(proof)


@pytest.mark.parametrize("proof", MERKLE["inclusion"]["invalid"], ids=_named)
def test_a_proof_of_inclusion_that_proves_nothing(proof: Vector) -> None:
    with pytest.raises(EvidenceError):
        _product_includes(proof)
    assert not _bare_includes(proof)


def _continues(proof: Vector) -> None:
    check_consistency(
        earlier=proof["earlier"],
        earlier_root=bytes.fromhex(proof["earlier_root"]),
        later=proof["later"],
        later_root=bytes.fromhex(proof["later_root"]),
        path=_bytes(proof["path"]),
    )


def test_the_proofs_of_consistency() -> None:
    assert len(MERKLE["consistency"]["valid"]) == 36
    for proof in MERKLE["consistency"]["valid"]:
        _continues(proof)


@pytest.mark.parametrize("proof", MERKLE["consistency"]["invalid"], ids=_named)
def test_a_proof_of_consistency_that_proves_nothing(proof: Vector) -> None:
    with pytest.raises(EvidenceError):
        _continues(proof)


def _public(vectors: Vector, name: str) -> Ed25519PublicKey:
    key = load_pem_public_key(vectors["keys"][name]["public_pem"].encode())
    assert isinstance(key, Ed25519PublicKey)
    return key


@pytest.mark.parametrize(("vectors", "name"), [(NOTE, "register"), (NOTE, "witness"), (ATTESTATION, "seal")])
def test_the_keys_are_published(vectors: Vector, name: str) -> None:
    seed = hashlib.sha256(vectors["keys"][name]["seed_is_sha256_of"].encode()).digest()
    assert Ed25519PrivateKey.from_private_bytes(seed).public_key() == _public(vectors, name)


def test_the_checkpoint_and_its_signatures() -> None:
    key, witness = (parse_verifier_key(NOTE["verifier_keys"][name]) for name in ("register", "witness"))
    signed = read_checkpoint(NOTE["valid"].encode(), keys=[key.key], origin=NOTE["origin"])
    head = bare.read_checkpoint(NOTE["valid"])
    assert (signed.size, signed.checkpoint.root.hex()) == (head.size, head.root.hex()) == (NOTE["size"], NOTE["root"])
    assert (key.key, witness.key) == (_public(NOTE, "register"), _public(NOTE, "witness"))
    assert bare.is_note_signed(NOTE["valid"], key.key)
    (cosignature,) = signed.cosignatures([witness])
    assert (cosignature.witness, int(cosignature.at.timestamp())) == (witness.name, NOTE["cosigned_at"])


@pytest.mark.parametrize("vector", NOTE["invalid"], ids=_named)
def test_a_checkpoint_that_nobody_should_believe(vector: Vector) -> None:
    with pytest.raises(EvidenceError):
        read_checkpoint(vector["note"].encode(), keys=[_public(NOTE, "register")], origin=NOTE["origin"])
    assert not _bare_believes(vector["note"])


def _bare_believes(note: str) -> bool:
    try:
        head = bare.read_checkpoint(note)
        signed = bare.is_note_signed(note, _public(NOTE, "register"))
    except bare.Wrong:
        return False
    return signed and head.origin == NOTE["origin"]


def test_a_cosignature_whose_date_was_changed() -> None:
    signed = read_checkpoint(NOTE["invalid_cosignature"].encode(), keys=[_public(NOTE, "register")])
    with pytest.raises(EvidenceError, match=r"witness\.example"):
        signed.cosignatures([parse_verifier_key(NOTE["verifier_keys"]["witness"])])


SEAL = x509.load_pem_x509_certificate(ATTESTATION["certificate"].encode())


def test_the_attestation() -> None:
    content = ATTESTATION["valid"].encode()
    read, also = parse_attestation(content), bare.read_attestation(content)
    assert read.payload == also.payload == ATTESTATION["payload"].encode()
    assert read.signature.hex() == also.signature.hex() == ATTESTATION["signature_hex"]
    assert read.signed_by([SEAL]) == SEAL
    bare.check_attestation_signature(also, SEAL)
    signed = bytes.fromhex(ATTESTATION["pre_authentication_hex"])
    assert bare.pre_authentication(also.payload) == signed
    _public(ATTESTATION, "seal").verify(read.signature, signed)


@pytest.mark.parametrize("vector", ATTESTATION["invalid"], ids=_named)
def test_an_attestation_that_is_not_of_this_key(vector: Vector) -> None:
    content = vector["attestation"].encode()
    assert not _product_accepts(content)
    with pytest.raises(bare.Wrong):
        bare.check_attestation_signature(bare.read_attestation(content), SEAL)


def _product_accepts(content: bytes) -> bool:
    try:
        return parse_attestation(content).signed_by([SEAL]) is not None
    except EvidenceError:
        return False

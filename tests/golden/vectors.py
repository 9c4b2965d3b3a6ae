"""Writes the test vectors of the formats anew: `python -m tests.golden.vectors`. What is in them, their README says.

The keys are made from texts that stand here, so that everybody has them and nobody can take one for a real one.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from orchestrator.core.canonical import sha256
from reports.envelope import (
    DOSSIER_TYPE,
    Digest,
    DossierPredicate,
    Statement,
    Subject,
    parse_attestation,
    sign_statement,
)
from reports.keys import certificate_pem
from reports.register.checkpoint import Checkpoint, origin_of, sign_checkpoint
from reports.register.keys import public_pem
from reports.register.note import SignatureType, VerifierKey, sign_text
from reports.register.tree import Tree, leaf_hash
from reports.signers import KeySigner
from tests.golden.make import RUNS

VECTORS = Path(__file__).parents[2] / "docs" / "reference" / "formats" / "vectors"
RUN = "aborted-refused-by-the-never-list"
LEAVES = tuple(
    map(
        bytes.fromhex,
        ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
)
"""Those of the tests of Certificate Transparency, so that the roots are those that others publish."""
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
Vector = dict[str, Any]


def secret(name: str) -> Ed25519PrivateKey:
    """A test key: its seed is the SHA-256 of a published text."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(_seed_text(name).encode()).digest())


def canonical_vectors() -> Vector:
    """Values, their canonical bytes, and the digest of those."""
    values: Mapping[str, Any] = {
        "keys are sorted": {"b": 1, "a": [True, False, None], "": 0},
        "keys by UTF-16 code units": {"\ufb33": 1, "\U0001f600": 2, "é": 3},
        "text as it is": "aujourd’hui \u2028 /",
        "text that is escaped": '"\\\b\t\n\f\r\u0001\u001f\u007f',
        "largest numbers": [2**53 - 1, -(2**53) + 1, 0],
        "nothing in it": {"list": [], "object": {}},
    }
    forms = {name: rfc8785.dumps(value) for name, value in values.items()}
    rows = [
        {"name": name, "value": values[name], "canonical_hex": form.hex(), "sha256": sha256(form)}
        for name, form in forms.items()
    ]
    return {"valid": rows}


def journal_vectors() -> Vector:
    """A plan and the journal that begins with its digest; and journals that do not follow from it."""
    plan, journal = ((RUNS / RUN / name).read_bytes() for name in ("plan.json", "journal.jsonl"))
    lines = journal.decode().splitlines(keepends=True)
    digests = [sha256(line.removesuffix("\n").encode()) for line in lines]
    return {
        "plan": plan.decode(),
        "genesis": sha256(plan),
        "valid": {"journal": journal.decode(), "digests": digests, "head": digests[-1], "sha256": sha256(journal)},
        "invalid": [{"name": name, "journal": "".join(changed)} for name, changed in _bad_journals(lines)],
    }


def merkle_vectors() -> Vector:
    """Every root and proof of the trees of one to eight leaves, and proofs that prove nothing."""
    tree = Tree()
    for leaf in LEAVES:
        tree.append(leaf)
    sizes = range(1, tree.size + 1)
    inclusions = [_inclusion(tree, index, size) for size in sizes for index in range(size)]
    consistencies = [_consistency(tree, earlier, later) for later in sizes for earlier in range(1, later + 1)]
    return {
        "leaves_hex": [leaf.hex() for leaf in LEAVES],
        "leaf_hashes": [leaf_hash(leaf).hex() for leaf in LEAVES],
        "roots": [tree.root(size).hex() for size in range(tree.size + 1)],
        "inclusion": {"valid": inclusions, "invalid": list(_spoiled(_inclusion(tree, 4, 7), "index"))},
        "consistency": {"valid": consistencies, "invalid": list(_spoiled(_consistency(tree, 3, 7), "earlier"))},
    }


def note_vectors() -> Vector:
    """A checkpoint with the register's signature and a witness's, and notes that nobody should believe."""
    tree = Tree()
    for leaf in LEAVES:
        tree.append(leaf)
    checkpoint = Checkpoint(origin=origin_of("vectors"), size=tree.size, root=tree.root())
    witness = VerifierKey("witness.example", secret("witness").public_key(), SignatureType.COSIGNATURE)
    key = VerifierKey(checkpoint.origin, secret("register").public_key())
    signed = sign_checkpoint(checkpoint, signer=KeySigner(secret("register")))
    both = signed.cosigned(witness=witness.name, signer=KeySigner(secret("witness")), at=NOON)
    return {
        "keys": {name: _published(name) for name in ("register", "witness")},
        "verifier_keys": {"register": str(key), "witness": str(witness)},
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "cosigned_at": int(NOON.timestamp()),
        "valid": both.content.decode(),
        "invalid": [{"name": name, "note": note} for name, note in _bad_notes(checkpoint, both.content.decode())],
        "invalid_cosignature": _redated(both.content.decode()),
    }


def attestation_vectors() -> Vector:
    """An attestation, what is signed of it, and the certificate of the key; and attestations that are not of it."""
    signer = KeySigner(secret("seal"))
    content = sign_statement(_statement(), signer=signer)
    read = parse_attestation(content)
    kind = b"application/vnd.in-toto+json"
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(read.payload), read.payload)
    return {
        "keys": {"seal": _published("seal")},
        "certificate": certificate_pem(_certificate(signer)).decode(),
        "payload": read.payload.decode(),
        "pre_authentication_hex": pae.hex(),
        "signature_hex": read.signature.hex(),
        "valid": content.decode(),
        "invalid": [{"name": name, "attestation": bad} for name, bad in _bad_attestations(content)],
    }


MADE = {
    "canonical.json": canonical_vectors,
    "journal.json": journal_vectors,
    "merkle.json": merkle_vectors,
    "note.json": note_vectors,
    "attestation.json": attestation_vectors,
}


def written(name: str) -> bytes:
    """A file of vectors as it is on disk."""
    return json.dumps(MADE[name](), indent=1, ensure_ascii=True).encode() + b"\n"


def _seed_text(name: str) -> str:
    return f"reprise test vectors: {name}"


def _published(name: str) -> Vector:
    key = secret(name)
    return {"seed_is_sha256_of": _seed_text(name), "public_pem": public_pem(key.public_key()).decode()}


def _bad_journals(lines: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    first, second = lines[0], lines[1]
    yield "first line removed", lines[1:]
    yield "line removed", [first, *lines[2:]]
    yield "lines exchanged", [second, first, *lines[2:]]
    yield "line twice", [first, first, *lines[1:]]
    yield "last line cut", [*lines[:-1], lines[-1].removesuffix("\n")]
    yield "line changed", [first.replace('"mono_us":', '"mono_us":1', 1), *lines[1:]]
    yield "a space that changes no meaning", [first.replace(":", ": ", 1)]
    yield "an escape that changes no meaning", [first.replace("run_started", "run\\u005fstarted", 1)]
    yield "a fraction", [first.replace('"seq":0', '"seq":0.0', 1)]
    yield "a field too many", [first.replace('"seq":0', '"seq":0,"then":0', 1)]


def _inclusion(tree: Tree, index: int, size: int) -> Vector:
    path = [step.hex() for step in tree.inclusion(index, size=size)]
    return {
        "index": index,
        "size": size,
        "leaf_hex": LEAVES[index].hex(),
        "root": tree.root(size).hex(),
        "path": path,
    }


def _consistency(tree: Tree, earlier: int, later: int) -> Vector:
    path = [step.hex() for step in tree.consistency(earlier, later=later)]
    roots = {"earlier_root": tree.root(earlier).hex(), "later_root": tree.root(later).hex()}
    return {"earlier": earlier, "later": later, **roots, "path": path}


def _spoiled(proof: Vector, place: str) -> Iterator[Vector]:
    path, root = proof["path"], "root" if "root" in proof else "later_root"
    yield {"name": "another place", **proof, place: proof[place] - 1}
    yield {"name": "too short", **proof, "path": path[:-1]}
    yield {"name": "too long", **proof, "path": [*path, path[-1]]}
    yield {"name": "in another order", **proof, "path": path[::-1]}
    yield {"name": "a hash cut short", **proof, "path": [path[0][:-2], *path[1:]]}
    yield {"name": "nothing", **proof, "path": []}
    yield {"name": "another root", **proof, root: "00" * 32}


def _bad_notes(checkpoint: Checkpoint, note: str) -> Iterator[tuple[str, str]]:
    text, _, lines = note.rpartition("\n\n")
    own = lines.splitlines(keepends=True)[0]
    shorter = Checkpoint(origin=checkpoint.origin, size=7, root=checkpoint.root)
    other = sign_checkpoint(checkpoint, signer=KeySigner(secret("somebody else"))).content.decode()
    yield "another number of entries under the same signature", f"{shorter.text}\n{own}"
    yield "another name under the same signature", note.replace("/vectors\n", "/others\n", 1)
    yield "the signature of somebody else", other
    yield "only the witness's signature", f"{text}\n\n" + lines.removeprefix(own)
    yield "no signature", f"{text}\n"
    longer = checkpoint.text + "an extension\n"
    line = sign_text(longer, name=checkpoint.origin, signer=KeySigner(secret("register")))
    yield "a fourth line, signed", f"{longer}\n{line}"
    yield "a false signature in the same name", f"{text}\n\n{own}{_forged(own)}"
    yield "a line that is no signature", f"{text}\n\n{own}signed by hand\n"


def _forged(line: str) -> str:
    """A signature line of the same key, the last byte of its signature another."""
    head, blob = line.removesuffix("\n").rsplit(" ", 1)
    content = base64.b64decode(blob)
    return f"{head} {base64.b64encode(content[:-1] + bytes([content[-1] ^ 1])).decode()}\n"


def _redated(note: str) -> str:
    """The cosignature with its date put forward by an hour, and the register's signature as it was."""
    head, line = note.removesuffix("\n").rsplit(" ", 1)
    blob = base64.b64decode(line)
    later = int.from_bytes(blob[4:12], "big") + 3600
    return f"{head} {base64.b64encode(blob[:4] + later.to_bytes(8, 'big') + blob[12:]).decode()}\n"


def _statement() -> Statement:
    predicate = DossierPredicate(
        first_day=date(2026, 1, 1),
        last_day=date(2026, 11, 23),
        perimeters=(4, 5),
        made_at=NOON,
        reports=1,
        register_lines=len(LEAVES),
        register_head=sha256(b"head"),
        versions={"reprise": "0"},
        signature_level=1,
    )
    subject = Subject(name="dossier.json", digest=Digest(sha256=sha256(b"{}")))
    return Statement(subject=(subject,), predicate_type=DOSSIER_TYPE, predicate=predicate)


def _certificate(signer: KeySigner) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reprise test vectors")])
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name).public_key(signer.public_key)
    dated = builder.serial_number(1).not_valid_before(NOON).not_valid_after(NOON.replace(year=2036))
    return dated.sign(secret("seal"), None)


def _bad_attestations(content: bytes) -> Iterator[tuple[str, str]]:
    bundle = json.loads(content)
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    yield (
        "another payload under the same signature",
        _with(content, payload=payload.replace(b"2026-11-23", b"2026-11-22")),
    )
    yield "the payload signed without its type", _with(content, sig=secret("seal").sign(payload))
    yield (
        "the signature of somebody else",
        sign_statement(_statement(), signer=KeySigner(secret("somebody else"))).decode(),
    )
    yield "a space that changes no meaning", content.decode().replace(":", ": ", 1)


def _with(content: bytes, *, payload: bytes | None = None, sig: bytes | None = None) -> str:
    bundle = json.loads(content)
    envelope = bundle["dsseEnvelope"]
    if payload is not None:
        envelope["payload"] = base64.b64encode(payload).decode()
    if sig is not None:
        envelope["signatures"][0]["sig"] = base64.b64encode(sig).decode()
    return rfc8785.dumps(bundle).decode()


if __name__ == "__main__":
    VECTORS.mkdir(exist_ok=True)
    for file in MADE:
        (VECTORS / file).write_bytes(written(file))

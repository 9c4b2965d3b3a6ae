import gzip
import hashlib

import pytest

from orchestrator.adapters.probes.scan_on_host import canaries_of, entropy, is_odd, kind_of

RANDOM = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(256))
TEXT = b"Compte rendu : le patient fictif va bien, on le revoit dans six mois.\n" * 100
PDF = b"%PDF-1.4\n" + RANDOM + b"\nstartxref\n9\n%%EOF\n"
DICOM = bytes(128) + b"DICM" + RANDOM
JPEG = b"\xff\xd8\xff\xe0" + RANDOM + b"\xff\xd9"


def odd(name: bytes, content: bytes) -> bool:
    middle = max(0, len(content) // 2 - 4096)
    pieces = {"head": content[:8192], "middle": content[middle : middle + 8192], "tail": content[-66_000:]}
    return is_odd(kind_of(name), **pieces)


def test_entropy_goes_from_nothing_to_eight_bits() -> None:
    assert entropy(b"") == entropy(b"aaaa") == 0
    assert entropy(bytes(range(256))) == 8
    assert entropy(b"ab" * 50) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"letter.PDF", "pdf"),
        (b"image.jpeg", "jpeg"),
        (b"register.csv", "text"),
        (b"letter.docx", "zip"),
        (b"letter.pdf.locked", "other"),
        (b"no-ending", "other"),
        (b"latin-\xe9.txt", "text"),
        (b"odd.\xff", "other"),
    ],
)
def test_the_ending_says_the_kind(name: bytes, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (b"a.pdf", PDF),
        (b"a.dcm", DICOM),
        (b"a.jpg", JPEG),
        (b"a.gz", gzip.compress(RANDOM)),
        (b"a.txt", TEXT),
        (b"a.txt", "été\n".encode("latin-1")),
        (b"a.hl7", b"\x0bMSH|^~\\&|LAB\rPID|1\r\x1c\r"),
        (b"a", TEXT),
        (b"a", PDF),
        (b"a", RANDOM[:64]),
        (b"a.img", bytes(9000)),
        (b"a.pdf", b""),
        (b"a.csv", b""),
    ],
)
def test_what_is_compressed_by_nature_is_not_odd_for_that(name: bytes, content: bytes) -> None:
    assert not odd(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (b"a.pdf", RANDOM),
        (b"a.pdf", b"%PDF-1.4\n" + RANDOM),
        (b"a.dcm", RANDOM),
        (b"a.jpg", JPEG[:-2] + RANDOM),
        (b"a.png", RANDOM),
        (b"a.docx", b"PK\x03\x04" + RANDOM),
        (b"a.dump", RANDOM),
        (b"a.txt", RANDOM),
        (b"a.txt", TEXT + RANDOM),
        (b"a.csv", TEXT + RANDOM * 2 + TEXT),
        (b"a.csv", b"short \0\0"),
        (b"a.pdf.locked", RANDOM),
        (b"a", RANDOM),
    ],
)
def test_what_is_not_what_its_kind_is_made_of_is_odd(name: bytes, content: bytes) -> None:
    assert odd(name, content)


def test_a_list_of_canaries_is_read_as_sha256sum_writes_it() -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    assert canaries_of(f"{digest}  a/canary one.pdf\n\n{digest}  b\n") == {
        b"a/canary one.pdf": hashlib.sha256(b"x").digest(),
        b"b": hashlib.sha256(b"x").digest(),
    }


@pytest.mark.parametrize("wrong", ["no digest here", "zz  file", "00\n"])
def test_a_list_that_is_none_is_not_taken_for_an_empty_one(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canaries_of(wrong)

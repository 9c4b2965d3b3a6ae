"""What must not be in evidence is found, with its place; what looks like it and is not, is let through."""

import base64
import json
import random
import string

import pytest

from orchestrator.core.canonical import sha256
from orchestrator.errors import DefinitionError, EvidenceError
from reports.scan import (
    LONGEST_TEXT,
    MOST_NAMED,
    Hit,
    HitKind,
    OwnRules,
    build_own_rules,
    find,
    parse_names,
    scan,
)

DRAWN = random.Random(2026)
TOKEN_OF_43 = base64.b64encode(DRAWN.randbytes(32)).decode().rstrip("=")
HEX_OF_64 = DRAWN.randbytes(32).hex()

FOUND = [
    ("185057800608491", HitKind.NIR),
    ("1 85 05 78 006 084 91", HitKind.NIR),
    ("1.85.05.78.006.084.91", HitKind.NIR),
    ("1-85-05-78-006-084 / 91", HitKind.NIR),
    ("1_85_05_78_006_084_91", HitKind.NIR),
    ("patient185057800608491.pdf", HitKind.NIR),
    ("INS:185057800608491,F", HitKind.NIR),
    ("12 1 85 05 78 006 084 91", HitKind.NIR),
    ("2\u00a084\u00a002\u00a02A\u00a0004\u00a0017\u00a016", HitKind.NIR),
    ("284022a00401716", HitKind.NIR),
    ("284022B00401743", HitKind.NIR),
    ("785057800608482", HitKind.NIR),
    ("885057800608432", HitKind.NIR),
    ("１８５０５７８００６０８４９１", HitKind.NIR),
    ("1\u200b85\u200b05\u200b78\u200b006\u200b084\u200b91", HitKind.NIR),
    (r"\u0031 85 05 78 006 084 91", HitKind.NIR),
    ("1%2085%2005%2078%20006%20084%2091", HitKind.NIR),
    ("1&nbsp;85&nbsp;05&nbsp;78&nbsp;006&nbsp;084&nbsp;91", HitKind.NIR),
    ("marie.durand@chu-exemple.fr", HitKind.EMAIL),
    ("06 12 34 56 78", HitKind.PHONE),
    ("06.12.34.56.78", HitKind.PHONE),
    ("+33 1 40 00 00 00", HitKind.PHONE),
    ("+33 (0)1 40 00 00 00", HitKind.PHONE),
    ("+32 2 555 12 12", HitKind.PHONE),
    ("0140000000", HitKind.PHONE),
    ("-----BEGIN PRIVATE KEY-----", HitKind.PRIVATE_KEY),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", HitKind.PRIVATE_KEY),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", HitKind.PRIVATE_KEY),
    ("-----BEGIN EC PRIVATE KEY-----", HitKind.PRIVATE_KEY),
    ("-----BEGIN ENCRYPTED PRIVATE KEY-----", HitKind.PRIVATE_KEY),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----", HitKind.PRIVATE_KEY),
    ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", HitKind.PRIVATE_KEY),
    ("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ", HitKind.PRIVATE_KEY),
    ("postgresql://reprise:s3cret@127.0.0.1/dpi", HitKind.CREDENTIAL),
    ("redis://:s3cret@127.0.0.1", HitKind.CREDENTIAL),
    ("host=127.0.0.1 password=s3cret", HitKind.CREDENTIAL),
    ("PGPASSWORD=s3cret psql", HitKind.CREDENTIAL),
    ("DB_PASSWORD = 's3cret'", HitKind.CREDENTIAL),
    ("Server=db;Uid=sa;Pwd=s3cret;", HitKind.CREDENTIAL),
    ("jdbc:postgresql://db/dpi?user=a&password=s3cret", HitKind.CREDENTIAL),
    ("mot de passe : s3cret", HitKind.CREDENTIAL),
    ("mysqldump --password s3cret dpi", HitKind.CREDENTIAL),
    ("AccountKey=s3cret", HitKind.CREDENTIAL),
    ("Authorization: Basic " + base64.b64encode(b"reprise:s3cret").decode(), HitKind.CREDENTIAL),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", HitKind.TOKEN),
    ("AKIAIOSFODNN7EXAMPLE", HitKind.TOKEN),
    ("ghp_" + "a1B2" * 9, HitKind.TOKEN),
    ("github_pat_" + "a1B2" * 6, HitKind.TOKEN),
    ("glpat-" + "a1B2" * 5, HitKind.TOKEN),
    ("xoxb-123456789012-abcdef", HitKind.TOKEN),
    ("hvs." + "CAESIJ" * 4, HitKind.TOKEN),
    ("Authorization: Bearer abcdef0123456789", HitKind.TOKEN),
    (TOKEN_OF_43, HitKind.HIGH_ENTROPY),
    (f"key {TOKEN_OF_43[:32]} of the backup", HitKind.HIGH_ENTROPY),
    (HEX_OF_64, HitKind.HIGH_ENTROPY),
    (HEX_OF_64[:32].upper(), HitKind.HIGH_ENTROPY),
    ("né le 12/03/1961", HitKind.BIRTH_DATE),
    ("birth_date: 1961-03-12", HitKind.BIRTH_DATE),
    ("Key (birth_date)=(1961-03-12) already exists", HitKind.BIRTH_DATE),
    ("Mme DURAND Marie, 12/03/1961", HitKind.BIRTH_DATE),
]
LET_THROUGH = [
    "185057800608492",
    "1850578006084911",
    "285138006084912",
    '"system_identifier":"7446912345678901234"',
    "20261123-020000F_20261123-030000I",
    "20261123T020000Z-postgresql-restore-4f9c",
    "2026-11-23T02:00:00.123456Z",
    "reprise@127.0.0.1",
    "000000010000000000000002",
    "1512000000,1512000060,1512002360,1,",
    "postgresql://127.0.0.1:5432/dpi",
    "birth_date is a column",
    "127.0.77.1:2201",
    "+480.00 ms",
    "+480 000.12 ms",
    "01.02.03.04.05.06",
    "3f6c1d2e-8a4b-4c5d-9e6f-7a8b9c0d1e2f",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "SHA-256 : " + HEX_OF_64,
    f"it has the key SHA256:{TOKEN_OF_43}, not SHA256:{TOKEN_OF_43[::-1]}",
    "SHA256:0612345678abcdefghijklmnopqrstuvwxyz+/0140000",
    "password authentication failed for user",
    "HTTP basic authentication is off",
    "the secret is kept in a file",
    "/srv/reprise/hosts/restore/data/PG_15_202209061/base/16384",
    "PostgreSQL15RestoreFromPgBackRestRepository2",
    "Restauration à blanc d’une petite base",
]


def in_json(text: object, *, key: str = "detail") -> tuple[Hit, ...]:
    return find({"journal.jsonl": json.dumps({key: text}).encode()})


@pytest.mark.parametrize(("text", "kind"), FOUND)
def test_what_must_not_be_there_is_found_in_json_and_in_text(text: str, kind: HitKind) -> None:
    assert kind in {hit.kind for hit in in_json(text)}
    assert kind in {hit.kind for hit in find({"samples/service.csv": f"1,2,3,0,{text}\n".encode()})}


@pytest.mark.parametrize("text", LET_THROUGH)
def test_what_only_looks_like_it_is_let_through(text: str) -> None:
    assert in_json(text) == ()
    assert find({"drill.yml": text.encode()}) == ()


def test_a_value_is_found_under_any_escape_of_json() -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in "185057800608491")
    (hit,) = find({"plan.json": f'{{"detail":"{escaped}"}}'.encode()})
    assert hit == Hit(file="plan.json", place="/detail", kind=HitKind.NIR)
    within = json.dumps({"said": json.dumps({"nir": "1\u00a085\u00a005\u00a078\u00a0006\u00a0084\u00a091"})})
    assert {hit.kind for hit in find({"plan.json": within.encode()})} == {HitKind.NIR}


def test_a_number_of_json_is_looked_at_but_where_it_is_a_count_of_ours() -> None:
    assert [hit.kind for hit in in_json(185057800608491)] == [HitKind.NIR]
    assert in_json(185057800608491, key="started_us") == ()
    nested = {"event": {"values": {"started_us": 185057800608491}}}
    (hit,) = find({"journal.jsonl": json.dumps(nested).encode()})
    assert hit.kind is HitKind.NIR


def test_a_name_and_its_value_are_read_together() -> None:
    claim = {"name": "birth_date", "value": "1961-03-12"}
    assert [hit.place for hit in find({"journal.jsonl": json.dumps(claim).encode()})] == ["line 1 /value"]
    values = {"values": {"patient.password": "hunter2"}}
    (hit,) = find({"plan.json": json.dumps(values).encode()})
    assert (hit.kind, hit.place) == (HitKind.CREDENTIAL, "/values/#0")


def test_a_hit_says_where_and_repeats_nothing_of_what_is_there() -> None:
    lines = [{"event": {"detail": "ok"}}, {"event": {"values": {"rows": 4, "martin 185057800608491": 1}}}]
    files = {
        "journal.jsonl": "\n".join(map(json.dumps, lines)).encode(),
        "drill.yml": b"id: x\nowner: marie.durand@chu-exemple.fr\n",
        "report.html": b"<p>\n<b>06 12 34 56 78</b>",
        "plan.json": b"{}",
    }
    with pytest.raises(EvidenceError) as refused:
        scan(files)
    said = f"{refused.value} {refused.value.hint}"
    for place in (
        "drill.yml line 2 (email)",
        "journal.jsonl line 2 /event/values/#1 (nir)",
        "report.html line 2 (phone)",
    ):
        assert place in said
    for part in ("durand", "chu-exemple", "martin", "185", "491", "06 12", "78"):
        assert part not in said


def test_a_text_that_is_there_again_is_said_once_with_how_often() -> None:
    lines = "\n".join(json.dumps({"detail": "06 12 34 56 78"}) for _ in range(3)).encode()
    with pytest.raises(EvidenceError, match=r"journal\.jsonl line 1 /detail \(phone\) and 2 more like it$"):
        scan({"journal.jsonl": lines})


def test_many_hits_are_not_all_listed() -> None:
    many = "\n".join(f"a{number}@chu-exemple.fr" for number in range(MOST_NAMED + 5)).encode()
    with pytest.raises(EvidenceError, match=r"; and 5 more$"):
        scan({"drill.yml": many})


def test_a_digest_of_a_known_place_is_known_wherever_it_is_repeated_or_cut() -> None:
    observed = {"event": {"values": {"public.patients.digest": HEX_OF_64}}}
    reason = {"event": {"reason": f"public.patients.digest: {HEX_OF_64}, not {HEX_OF_64[:41]}"}}
    lines = "\n".join(map(json.dumps, (reason, observed))).encode()
    assert find({"journal.jsonl": lines, "report.html": f"<td>{HEX_OF_64}</td>".encode()}) == ()
    assert [hit.kind for hit in find({"journal.jsonl": json.dumps(reason).encode()})] == [HitKind.HIGH_ENTROPY]


def test_a_digest_of_a_known_place_is_known_to_what_repeats_it_elsewhere() -> None:
    observed = {"journal.jsonl": json.dumps({"event": {"values": {"output_sha256": HEX_OF_64}}}).encode()}
    repeated = {"evidence.json": json.dumps({"reason": f"output_sha256: {HEX_OF_64}, not there"}).encode()}
    assert [hit.kind for hit in find(repeated)] == [HitKind.HIGH_ENTROPY]
    assert not find(repeated, beside=observed)
    assert [file.name for file in scan(repeated, beside=observed).files] == ["evidence.json"]


def test_a_digest_that_a_check_only_expects_is_a_digest() -> None:
    """Of a run that was cut short nobody has observed what its checks were to find."""
    for name, kinds in (("public.patients.digest", []), ("public.patients.note", [HitKind.HIGH_ENTROPY])):
        evidence = json.dumps({"expected": {name: f"= {HEX_OF_64}"}}).encode()
        assert [hit.kind for hit in find({"evidence.json": evidence})] == kinds


def test_a_known_place_with_another_form_is_looked_at() -> None:
    for key in ("plan_sha256", "prev", "seed", "host_key_sha256", "created_at"):
        assert in_json(TOKEN_OF_43, key=key)
    for key in ("plan_sha256", "prev", "seed"):
        assert in_json(HEX_OF_64, key=key) == ()
    assert in_json("SHA256:" + TOKEN_OF_43, key="host_key_sha256") == ()
    # Whoever chooses the names of a probe's values does not make a place of ours.
    assert find({"plan.json": json.dumps({"values": {"seed": HEX_OF_64}}).encode()})


def test_a_clean_scan_says_what_was_looked_at_and_by_which_rules() -> None:
    result = scan({"b.json": b"{}", "a.csv": b"1,2"})
    assert [(file.name, file.sha256) for file in result.files] == [("a.csv", sha256(b"1,2")), ("b.json", sha256(b"{}"))]
    assert (result.hits, result.patterns, result.names) == (0, (), None)
    assert set(HitKind) - set(result.kinds) == {HitKind.PERSON_NAME, HitKind.OWN_PATTERN}


def test_long_free_text_and_what_is_no_text_are_hits() -> None:
    output = json.dumps({"a": [{"b": "x" * (LONGEST_TEXT + 1)}]}).encode()
    assert find({"plan.json": output}) == (Hit(file="plan.json", place="/a/0/b", kind=HitKind.LONG_TEXT),)
    assert [hit.kind for hit in find({"samples/a.csv": b"\xff\xfe\x00"})] == [HitKind.NOT_TEXT]


def test_json_that_is_none_is_read_as_text() -> None:
    for name in ("journal.jsonl", "plan.json"):
        torn = b'{"detail":"185057800608491'
        assert find({name: torn}) == (Hit(file=name, place="line 1", kind=HitKind.NIR),)
    deep = b"[" * 100_000 + b"185057800608491"
    assert [hit.kind for hit in find({"plan.json": deep})] == [HitKind.LONG_TEXT]


def test_the_drawings_of_a_page_are_not_read_as_telephone_numbers() -> None:
    assert find({"report.html": b'<svg><path d="M 06 12 34 56 78"/></svg><p>ok</p>'}) == ()
    assert [hit.kind for hit in find({"report.html": b"<p>06 12 34 56 78</p>"})] == [HitKind.PHONE]


def test_a_random_string_is_found_and_a_made_up_name_is_not() -> None:
    """The limit as it is stated: 32 characters drawn from 64 are found 97 times of 100; names made of words, never."""
    alphabet = string.ascii_letters + string.digits + "-_"
    drawn = ["".join(DRAWN.choices(alphabet, k=32)) for _ in range(500)]
    assert sum(bool(in_json(token)) for token in drawn) >= 485
    words = ("restore", "Backup", "primary", "PostgreSQL", "15", "target", "Node", "2026", "wal", "Archive")
    named = ["-".join(DRAWN.choices(words, k=6)) for _ in range(500)]
    assert [name for name in named if in_json(name)] == []


def own(*names: str, **patterns: str) -> OwnRules:
    return build_own_rules(patterns=patterns, names=parse_names("\n".join(names), file="names.txt") if names else ())


class TestOwnRules:
    NAMES = ("# patients", "DURAND Marie-Hélène", "de la Tour Zoé", "Kowalczyk", "")

    @pytest.mark.parametrize(
        "text",
        [
            "durand marie-helene",
            "Marie Hélène DURAND",
            "row (12, 'Durand', 'Marie-Hélène', F)",
            "DURAND_Marie_Hélène.pdf",
            "zoé de la tour",
            "M. kowalczyk est sorti",
            "Du\u0301rand kowalczyk",
        ],
    )
    def test_a_name_is_found_as_whole_words_in_either_order(self, text: str) -> None:
        hits = find({"plan.json": json.dumps({"a": text}).encode()}, own=own(*self.NAMES))
        assert [hit.kind for hit in hits] == [HitKind.PERSON_NAME]

    @pytest.mark.parametrize(
        "text", ["Durand", "Marie", "Kowalczyks", "xkowalczyk", "Marie Durand", "tour de la zoe x"]
    )
    def test_a_part_of_a_name_or_of_a_word_is_none(self, text: str) -> None:
        assert find({"plan.json": json.dumps({"a": text}).encode()}, own=own(*self.NAMES)) == ()

    def test_a_pattern_is_named_by_its_name(self) -> None:
        rules = own(ipp=r"\bIPP[ :]{0,3}\d{8,10}\b")
        with pytest.raises(EvidenceError, match=r"plan\.json /a \(own-pattern ipp\)") as refused:
            scan({"plan.json": b'{"a":"IPP 8001234567"}'}, own=rules)
        assert "8001" not in str(refused.value)

    def test_evidence_says_by_digest_which_were_used(self) -> None:
        pattern = r"\bIPP\d{8}\b"
        few = scan({}, own=own(*self.NAMES, ipp=pattern))
        assert [(one.name, one.sha256) for one in few.patterns] == [("ipp", sha256(pattern.encode()))]
        assert few.names is not None
        assert (few.names.count, few.names.sha256) == (3, None)
        many = scan({}, own=own(*(f"{letter}a Marie" for letter in string.ascii_lowercase)))
        assert many.names is not None
        assert many.names.sha256 is not None
        written = few.model_dump_json() + many.model_dump_json()
        assert "Durand" not in written
        assert "IPP" not in written

    def test_a_line_that_would_be_found_everywhere_is_a_fault_of_its_file(self) -> None:
        with pytest.raises(DefinitionError) as caught:
            parse_names("Durand Marie\nle\n\n--\n", file="privacy/names.txt")
        assert [str(fault)[:24] for fault in caught.value.faults] == [
            "privacy/names.txt:2: has",
            "privacy/names.txt:4: has",
        ]
        with pytest.raises(DefinitionError, match=r"names\.txt:1: holds no name"):
            parse_names("# nobody\n", file="names.txt")

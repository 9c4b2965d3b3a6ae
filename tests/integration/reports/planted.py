"""What must never be in evidence, in the forms in which it comes, and the rules of an organisation that knows it."""

from reports.scan import build_own_rules, parse_names

NIR = "185057800608491"
NAME = "Marie Kowalczyk"
ROW = f"Failing row contains (12, {NIR}, Kowalczyk, Marie, F)."
VALUES = {
    "nir": NIR,
    "nir in a file name": f"{NIR}.yml",
    "name": NAME,
    "name in kebab-case": "kowalczyk-marie",
    "patient number": "ipp80012345",
    "e-mail": "marie.kowalczyk@chu-exemple.fr",
    "token": "hvs.CAESIJCAESIJCAESIJCAESIJ",
    "key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "connection": "postgresql://dpi:hunter2@192.0.2.1/dpi",
    "row": ROW,
}
OWN = build_own_rules(patterns={"ipp": r"(?i)ipp\d{8}"}, names=parse_names("KOWALCZYK Marie\n", file="names.txt"))

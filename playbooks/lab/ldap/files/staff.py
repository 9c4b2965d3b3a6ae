"""Writes the LDIF of a synthetic staff: nobody in it exists. The same seed and size give the same people.

Arguments: staff, newer or passwords; then a file of JSON: seed, people (how many), family and given (names), and
passwords by account, which are kept as salted digests.
"""

import base64
import hashlib
import json
import os
import pathlib
import sys

SUFFIX = "dc=hopital,dc=example"
PEOPLE, GROUPS, SERVICES, MARKERS = (f"ou={name},{SUFFIX}" for name in ("people", "groups", "services", "markers"))
TYPES = ("medecin", "infirmier", "pharmacien", "secretaire", "technicien")
UNITS = ("urgences", "cardiologie", "pneumologie", "chirurgie", "maternite", "pediatrie", "geriatrie", "reanimation")
NEWER = 12
SERVICE_ACCOUNTS = ("canary", "verify", "watch")


def _digest(told, number, purpose):
    return hashlib.sha256(f"{told['seed']}:{purpose}:{number}".encode()).digest()


def _pick(told, number, purpose, choices):
    return choices[int.from_bytes(_digest(told, number, purpose)[:4], "big") % len(choices)]


def _hashed(password, salt):
    # What OpenLDAP knows without a module of its own; nobody real has these passwords.
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()  # noqa: S324


def _encoded(name, value):
    """As LDIF wants it: in base64 where it is not plain ASCII."""
    return f"{name}: {value}" if value.isascii() else f"{name}:: {base64.b64encode(value.encode()).decode()}"


def _uid(told, number):
    return "u" + _digest(told, number, "uid").hex()[:10]


def _person(told, number):
    given, family = _pick(told, number, "given", told["given"]), _pick(told, number, "family", told["family"])
    name = _uid(told, number)
    return [
        f"dn: uid={name},{PEOPLE}",
        "objectClass: inetOrgPerson",
        f"uid: {name}",
        _encoded("cn", f"{given} {family}"),
        _encoded("sn", family),
        _encoded("givenName", given),
        f"employeeType: {_pick(told, number, 'type', TYPES)}",
        f"departmentNumber: {number % len(UNITS)}",
        f"mail: {name}@hopital.example",
        f"userPassword: {_hashed(_digest(told, number, 'password').hex(), _digest(told, number, 'salt')[:8])}",
    ]


def _agent(told):
    return [
        f"dn: uid=agent,{PEOPLE}",
        "objectClass: inetOrgPerson",
        "uid: agent",
        "cn: Agent de preproduction",
        "sn: Agent",
        "employeeType: technicien",
        f"userPassword: {_hashed(told['passwords']['person'], os.urandom(8))}",
    ]


def _service(told, name):
    return [
        f"dn: cn={name},{SERVICES}",
        "objectClass: applicationProcess",
        "objectClass: simpleSecurityObject",
        f"cn: {name}",
        f"userPassword: {_hashed(told['passwords'][name], os.urandom(8))}",
    ]


def _group(told, index):
    members = [number for number in range(1, told["people"] + 1) if number % len(UNITS) == index]
    return [
        f"dn: cn={UNITS[index]},{GROUPS}",
        "objectClass: groupOfNames",
        f"cn: {UNITS[index]}",
        f"member: uid=agent,{PEOPLE}",
        *(f"member: uid={_uid(told, number)},{PEOPLE}" for number in members),
    ]


def _staff(told):
    yield [f"dn: {SUFFIX}", "objectClass: organization", "objectClass: dcObject", "o: staging", "dc: hopital"]
    for base in (PEOPLE, GROUPS, SERVICES, MARKERS):
        yield [f"dn: {base}", "objectClass: organizationalUnit"]
    yield from (_service(told, name) for name in SERVICE_ACCOUNTS)
    yield _agent(told)
    yield from (_person(told, number) for number in range(1, told["people"] + 1))
    yield from (_group(told, index) for index in range(len(UNITS)))


def _newer(told):
    """What happened after the export: people who came, left and moved, a group with another name."""
    first = told["people"] + 1
    for number in range(first, first + NEWER):
        name, *attributes = _person(told, number)
        yield [name, "changetype: add", *attributes]
        unit = f"cn={UNITS[number % len(UNITS)]},{GROUPS}"
        yield [f"dn: {unit}", "changetype: modify", "add: member", f"member: uid={_uid(told, number)},{PEOPLE}"]
    for number in range(1, NEWER + 1):
        entry = f"dn: uid={_uid(told, number)},{PEOPLE}"
        yield [entry, "changetype: modify", "replace: departmentNumber", "departmentNumber: 99"]
    yield [f"dn: uid={_uid(told, NEWER + 1)},{PEOPLE}", "changetype: delete"]
    yield [f"dn: cn=urgences,{GROUPS}", "changetype: modrdn", "newrdn: cn=urgences-adultes", "deleteoldrdn: 1"]


def _passwords(told):
    entries = [*(_service(told, name) for name in SERVICE_ACCOUNTS), _agent(told)]
    for name, *_, kept in entries:
        yield [name, "changetype: modify", "replace: userPassword", kept]


def _main(what, file):
    told = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    for block in {"staff": _staff, "newer": _newer, "passwords": _passwords}[what](told):
        sys.stdout.write("\n".join(block) + "\n\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])

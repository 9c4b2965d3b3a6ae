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


def digest(told, number, purpose):
    return hashlib.sha256(f"{told['seed']}:{purpose}:{number}".encode()).digest()


def pick(told, number, purpose, choices):
    return choices[int.from_bytes(digest(told, number, purpose)[:4], "big") % len(choices)]


def hashed(password, salt):
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


def encoded(name, value):
    """As LDIF wants it: in base64 where it is not plain ASCII."""
    return f"{name}: {value}" if value.isascii() else f"{name}:: {base64.b64encode(value.encode()).decode()}"


def uid(told, number):
    return "u" + digest(told, number, "uid").hex()[:10]


def person(told, number):
    given, family = pick(told, number, "given", told["given"]), pick(told, number, "family", told["family"])
    name = uid(told, number)
    return [
        f"dn: uid={name},{PEOPLE}",
        "objectClass: inetOrgPerson",
        f"uid: {name}",
        encoded("cn", f"{given} {family}"),
        encoded("sn", family),
        encoded("givenName", given),
        f"employeeType: {pick(told, number, 'type', TYPES)}",
        f"departmentNumber: {number % len(UNITS)}",
        f"mail: {name}@hopital.example",
        f"userPassword: {hashed(digest(told, number, 'password').hex(), digest(told, number, 'salt')[:8])}",
    ]


def agent(told):
    return [
        f"dn: uid=agent,{PEOPLE}",
        "objectClass: inetOrgPerson",
        "uid: agent",
        "cn: Agent de preproduction",
        "sn: Agent",
        "employeeType: technicien",
        f"userPassword: {hashed(told['passwords']['person'], os.urandom(8))}",
    ]


def service(told, name):
    return [
        f"dn: cn={name},{SERVICES}",
        "objectClass: applicationProcess",
        "objectClass: simpleSecurityObject",
        f"cn: {name}",
        f"userPassword: {hashed(told['passwords'][name], os.urandom(8))}",
    ]


def group(told, index):
    members = [number for number in range(1, told["people"] + 1) if number % len(UNITS) == index]
    return [
        f"dn: cn={UNITS[index]},{GROUPS}",
        "objectClass: groupOfNames",
        f"cn: {UNITS[index]}",
        f"member: uid=agent,{PEOPLE}",
        *(f"member: uid={uid(told, number)},{PEOPLE}" for number in members),
    ]


def staff(told):
    yield [f"dn: {SUFFIX}", "objectClass: organization", "objectClass: dcObject", "o: staging", "dc: hopital"]
    for base in (PEOPLE, GROUPS, SERVICES, MARKERS):
        yield [f"dn: {base}", "objectClass: organizationalUnit"]
    yield from (service(told, name) for name in SERVICE_ACCOUNTS)
    yield agent(told)
    yield from (person(told, number) for number in range(1, told["people"] + 1))
    yield from (group(told, index) for index in range(len(UNITS)))


def newer(told):
    """What happened after the export: people who came, left and moved, a group with another name."""
    first = told["people"] + 1
    for number in range(first, first + NEWER):
        name, *attributes = person(told, number)
        yield [name, "changetype: add", *attributes]
        unit = f"cn={UNITS[number % len(UNITS)]},{GROUPS}"
        yield [f"dn: {unit}", "changetype: modify", "add: member", f"member: uid={uid(told, number)},{PEOPLE}"]
    for number in range(1, NEWER + 1):
        entry = f"dn: uid={uid(told, number)},{PEOPLE}"
        yield [entry, "changetype: modify", "replace: departmentNumber", "departmentNumber: 99"]
    yield [f"dn: uid={uid(told, NEWER + 1)},{PEOPLE}", "changetype: delete"]
    yield [f"dn: cn=urgences,{GROUPS}", "changetype: modrdn", "newrdn: cn=urgences-adultes", "deleteoldrdn: 1"]


def passwords(told):
    entries = [*(service(told, name) for name in SERVICE_ACCOUNTS), agent(told)]
    for name, *_, kept in entries:
        yield [name, "changetype: modify", "replace: userPassword", kept]


def main(what, file):
    told = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    for block in {"staff": staff, "newer": newer, "passwords": passwords}[what](told):
        sys.stdout.write("\n".join(block) + "\n\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

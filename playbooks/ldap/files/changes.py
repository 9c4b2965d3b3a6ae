"""Makes of OpenLDAP's log of changes (auditlog) the LDIF that brings a restored export up to date.

Arguments: the export, the log. Prints the changes that the export does not hold yet, and on the other output, as JSON,
how many there are. The log begins before the export does: what is in both must not be applied twice. A change that
was cut off in the middle, the last one, is left out; whatever else is not understood ends the program.
"""

import base64
import datetime
import json
import pathlib
import re
import sys

# What a server writes by itself in a change: it will again. The identity of an entry and who made it, when, stay.
_ITS_OWN = ("structuralobjectclass", "entrycsn", "modifiersname", "modifytimestamp")
_HEAD = 2  # Its name, and which kind of change it is.
_BEGIN = re.compile(r"# (add|modify|delete|modrdn) (\d+) ")
_END = re.compile(r"# end (add|modify|delete|modrdn) (\d+)")
# What the overlay of referential integrity does after a change, it does again when the change is applied.
_CONSEQUENCE = " conn=-1"


def _unfolded(lines):
    found = []
    for line in lines:
        if line.startswith(" ") and found:
            found[-1] += line[1:]
        elif line and not line.startswith("#"):
            found.append(line)
    return found


def _value(line):
    _, _, rest = line.partition(":")
    return base64.b64decode(rest[1:]).decode("utf-8") if rest.startswith(":") else rest.strip()


def _key(line):
    return line.partition(":")[0].lower()


def _name(line):
    return ",".join(part.strip() for part in _value(line).lower().split(","))


def read_export(text):
    """The entries of an export: when each was changed last, by its name."""
    entries = {}
    for block in text.split("\n\n"):
        lines = _unfolded(block.split("\n"))
        if lines:
            csn = next((_value(line) for line in lines if _key(line) == "entrycsn"), "")
            entries[_name(lines[0])] = csn
    return entries


def read_log(text):
    """The changes of a log, each as its kind, its second, whether it is a consequence of another, and its lines."""
    change, found = None, []
    for line in text.split("\n"):
        begins, ends = _BEGIN.match(line), _END.match(line)
        if begins:
            if change is not None:
                sys.exit("the log of changes is damaged: a change begins before the one before it ends")
            change = {"kind": begins[1], "second": int(begins[2]), "follows": line.endswith(_CONSEQUENCE), "lines": []}
        elif ends:
            if change is None or change["kind"] != ends[1]:
                sys.exit("the log of changes is damaged: a change ends that did not begin")
            change["lines"] = _unfolded(change["lines"])
            found.append(change)
            change = None
        elif change is not None:
            change["lines"].append(line)
        elif line.strip():
            sys.exit("the log of changes is damaged: a line that belongs to no change")
    return found, change is not None


def _blocks(lines):
    """The parts of a modification, each of what one attribute undergoes."""
    block = []
    for line in lines:
        if line == "-":
            yield block
            block = []
        else:
            block.append(line)
    if block:
        yield block


def _csn(change):
    return max((_value(line) for line in change["lines"] if _key(line) == "entrycsn"), default="")


def _second_of(csn):
    return csn[:14]


def is_missing(change, known):
    """Whether a change is not in the export yet; `known` follows what was applied."""
    name, kind = _name(change["lines"][0]), change["kind"]
    if kind == "add":
        return known.get(name, "") < _csn(change)
    if name not in known:
        return False  # It was removed or renamed later, before the export.
    if kind == "modify":
        return known[name] < _csn(change)
    # Neither says when to the microsecond. An entry of this name that is younger came later.
    return _second_of(known[name]) <= _instant(change["second"])


def _instant(second):
    # The host's Python may be older than `datetime.UTC`.
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y%m%d%H%M%S")  # noqa: UP017


def _applied(change, known):
    name = _name(change["lines"][0])
    if change["kind"] in ("add", "modify"):
        known[name] = _csn(change)
    elif change["kind"] == "delete":
        del known[name]
    else:
        said = {_key(line): _value(line) for line in change["lines"]}
        above = said.get("newsuperior") or name.partition(",")[2]
        old = known.pop(name)
        known[",".join(part.strip() for part in f"{said['newrdn']},{above}".lower().split(","))] = old


def written(change):
    """A change as a server takes it."""
    head, rest = change["lines"][:_HEAD], change["lines"][_HEAD:]
    if change["kind"] == "add":
        return [*head, *(line for line in rest if _key(line) not in _ITS_OWN)]
    if change["kind"] != "modify":
        return [*head, *rest]
    kept = [block for block in _blocks(rest) if _value(block[0]).lower() not in _ITS_OWN]
    return [*head, *(line for block in kept for line in [*block, "-"])]


def _main(export, log):
    known = read_export(pathlib.Path(export).read_text(encoding="utf-8"))
    changes, cut = read_log(pathlib.Path(log).read_text(encoding="utf-8", errors="surrogateescape"))
    applied = 0
    for change in changes:
        if change["follows"] or not is_missing(change, known):
            continue
        _applied(change, known)
        applied += 1
        lines = written(change)
        if change["kind"] != "modify" or len(lines) > _HEAD:
            sys.stdout.write("\n".join(lines) + "\n\n")
    json.dump({"changes": applied, "changes_in_export": len(changes) - applied, "cut_off": int(cut)}, sys.stderr)


if __name__ == "__main__":
    _main(*sys.argv[1:])

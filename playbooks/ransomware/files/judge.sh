#!/bin/sh
# Says why a tree is not clean, in one word a line; nothing where it is. Whatever it cannot find out is an error, which is no clean bill.
# Arguments: the tree, the list of its canary files (sha256sum), the directory of the rules.
set -eu
tree=$1 canaries=$2 rules=$3
[ -s "$canaries" ] || { echo "there is no list of canary files" >&2; exit 1; }
[ -d "$tree" ] || { echo "there is no tree" >&2; exit 1; }
[ -s "$rules/endings.txt" ] || { echo "there is no list of endings" >&2; exit 1; }
(cd "$tree" && sha256sum --status --check -- "$canaries" 2>/dev/null) || echo canary-damaged
found=$(yara --no-warnings --recursive "$rules"/*.yar "$tree")
if [ -n "$found" ]; then echo known-pattern; fi
endings=$(sed 's/\./\\./g' "$rules/endings.txt" | paste -sd '|' -)
found=$(find "$tree" -type f -regextype posix-extended -iregex ".*($endings)" -print)
if [ -n "$found" ]; then echo renamed; fi

# tap.sh - for tests of the built program that judge by exit status: TAP, and a folder of
# their own. Sourced, from the tree's top; ends with `finish_tests`.
# shellcheck shell=bash
INTERLEAVE=$(realpath "${INTERLEAVE:-build/interleave}")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
n=0

ok() { # STATUS NAME
    n=$((n + 1))
    [ "$1" -eq 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}
skip() { # NAME WHY
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}
holds() { # EXPRESSION NAME: an empty figure makes it false
    awk "BEGIN { exit !($1) }" 2>/dev/null
    ok $? "$2 ($1)"
}
finish_tests() { echo "1..$n"; }

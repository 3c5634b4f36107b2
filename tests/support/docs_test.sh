# docs_test.sh - for tests that hold pages of docs/ against the program: TAP, and a copy of
# the tree to change as a page says, which builds as the program under test was built.
# Sourced, from the tree's top.
# shellcheck shell=bash
root=$PWD
interleave=$(realpath "${INTERLEAVE:-build/interleave}")
built=$(realpath --relative-to="$root" "$(dirname "$interleave")")
work=$(mktemp -d)
copy=$work/tree
number=0
# shellcheck disable=SC2034 # the exit status of the test that sources this
failed=0

# ok NAME COMMAND...: a test that passes when the command does; shows its output if not.
ok() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/said" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$work/said"
        failed=1
        return 1
    fi
}

skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# For what all further tests stand on.
give_up() {
    echo "1..$number"
    exit 1
}

# A tree of its own, with what is built already.
copy_tree() {
    mkdir "$copy" &&
        tar -c --format=posix --exclude=./.git --exclude=./build --exclude=./results . |
        tar -x -C "$copy" &&
        tar -c --format=posix "$built/obj" "$built/flags" | tar -x -C "$copy"
}

# As the program under test was built: its compiler, its sanitizers.
flavour=
case $built in
*/sanitize-*) flavour=$(tr - , <<<"${built##*/sanitize-}") ;;
esac
compiler=$(sed 's/ -.*//' "$built/flags")
make_copy() { make -C "$copy" --no-print-directory -s CC="$compiler" SANITIZE="$flavour" "$@"; }

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

# No test at all, and why.
without() { # REASON
    rm -rf "$work"
    echo "1..0 # SKIP $1"
    exit 0
}
[[ $built != */sanitize-* ]] || without "a build with sanitizers tells nothing more of the pages"

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

# With the compiler of the program under test.
compiler=$(sed 's/ -.*//' "$built/flags")
make_copy() { make -C "$copy" --no-print-directory -s CC="$compiler" "$@"; }

# ---- the model that docs/adding-a-model.md adds ------------------------------------------

guide=docs/adding-a-model.md

# The block of C behind the line that ends with this text and a colon.
block_after() {
    INTRODUCTION=$1 perl -0777 -ne \
        'print $1 if /\Q$ENV{INTRODUCTION}\E[^\n]*:\n\n```c\n(.*?)^```$/ms' "$guide"
}

# What it says: a file, a line, and where they go.
read_guide() {
    file=$(sed -n 's/^The whole of `\(.*\)`:$/\1/p' "$guide")
    neighbour=$(sed -n 's/^One line in `servers\/models\.def`, after `\([^`]*\)`.*/\1/p' "$guide")
    block_after 'The whole of' >"$work/model.c"
    block_after 'One line in' >"$work/line"
}

# ... done in the copy.
add_model() {
    cp "$work/model.c" "$copy/$file" && grep -qxF "$neighbour" "$copy/servers/models.def" &&
        sed -i "/^$neighbour\$/r $work/line" "$copy/servers/models.def"
}

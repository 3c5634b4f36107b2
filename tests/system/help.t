#!/usr/bin/env bash
# Every command explains itself, and the man page has every option of every command.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh
man=$("$INTERLEAVE" man | sed 's/\\-/-/g')
mapfile -t commands < <("$INTERLEAVE" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')

[ ${#commands[@]} -ge 8 ]
ok $? "--help lists the commands"
"$INTERLEAVE" --version | grep -q '^interleave [0-9]'
ok $? "--version tells the version"
message=$("$INTERLEAVE" bnch 2>&1)
[ $? -eq 2 ] && grep -q 'did you mean bench' <<<"$message"
ok $? "an unknown command is refused with a suggestion"

for command in "${commands[@]}"; do
    help=$("$INTERLEAVE" "$command" --help 2>"$work/err")
    ok $? "$command --help exits 0"
    [ ! -s "$work/err" ] && head -n 1 <<<"$help" | grep -q "^usage: interleave $command"
    ok $? "$command --help begins with its usage, on stdout"
    ! grep -q ' $' <<<"$help" && [ "$(awk 'length > 100' <<<"$help" | wc -l)" -eq 0 ]
    ok $? "$command --help fits a terminal"
    missing=0
    while read -r option; do
        grep -qF -- "$option" <<<"$man" || { echo "# $option is not in the man page"; missing=1; }
    done < <(grep -oE '^  (-[a-zA-Z], )?--[a-z-]+' <<<"$help" | grep -oE '\-\-[a-z-]+')
    ok $missing "the man page has every option of $command"
    "$INTERLEAVE" "$command" --help >/dev/full 2>/dev/null
    [ $? -eq 1 ]
    ok $? "$command exits 1 where stdout cannot be written"
    "$INTERLEAVE" "$command" --no-such-option >/dev/null 2>&1
    [ $? -eq 2 ]
    ok $? "$command refuses an unknown option with exit 2"
done
finish_tests

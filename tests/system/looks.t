#!/usr/bin/env bash
# How long a run is: what is planned is told first, what there is no time for is named, and
# a run with looks ends at one of them, interrupted or not.
# shellcheck disable=SC2016 # the variables are Perl's
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/bench_test.sh

flat() { tr -s ' \n' '  ' <"$1"; }

for name in first second; do
    cat >"$work/$name.json" <<JSON
{ "name": "$name", "title": "The $name", "question": "Is there time?", "family": "io",
  "requests": [{ "path": "/" }], "models": ["event-loop"],
  "load": { "connections": 1, "warmup": "80ms", "duration": "100ms" } }
JSON
done

# ---- before anything is started ----------------------------------------------------------

bench first.json second.json --dry-run
[ $status -eq 0 ] && grep -q '^plan: profile quick, 1 block of 2 trials: about .*Indicative' "$work/out" &&
    [ "$(grep -cE '^(first|second) +1 +1 ' "$work/out")" -eq 2 ]
ok $? "--dry-run tells what would run, and that one block is indicative"
bench first.json second.json --profile standard --budget 20s -n
[ $status -eq 0 ] && grep -q '^plan: profile standard, 6 blocks of 2 trials: ' "$work/out" &&
    grep -q '^plan: looks after 6, 10, 15, 20, 30 blocks; .* or 20 s do not reach' "$work/out" &&
    grep -q '^Left out, for want of time (6 blocks within 20 s): second\.$' "$work/out"
ok $? "what there is no time for is named"
bench first.json second.json --profile standard --budget 8s -n
[ $status -eq 0 ] && grep -q '^plan: profile standard, 3 blocks of 2 trials: .*Intervals take 6 blocks' "$work/out" &&
    ! grep -q 'looks after' "$work/out"
ok $? "where six blocks of nothing fit there are fewer"
bench first.json --repeat 4 -n
grep -q '^plan: profile quick, 4 blocks of 2 trials' "$work/out"
ok $? "who says how many blocks has them"
bench first.json --budget 1s
[ $status -eq 2 ] && grep -q 'not enough for one block of any scenario' "$work/err"
ok $? "a budget for nothing is refused (exit $status)"
[ ! -e "$work/results" ]
ok $? "and nothing was made by any of these"

# ---- looks -------------------------------------------------------------------------------

looks() { # PERL EXPRESSION over @l, the looks of the manifest, and $m
    perl -MJSON::PP -0ne '$m = decode_json($_); @l = @{$m->{looks}}; exit !('"$1"')' "$work/run/manifest.json"
}
start first.json second.json --profile standard --budget 15s --out run
for _ in $(seq 600); do
    grep -q '^After 6 blocks' "$work/err" || ! kill -0 $run 2>/dev/null && break
    sleep 0.1
done
kill -INT $run 2>/dev/null
finish
looks '$l[0]{blocks} == 6 && @l == 1 && join(" ", @{$m->{left_out}}) eq "second"'
ok $? "after six blocks it is looked at (exit $status)"
if [ $status -eq 130 ]; then
    bench --resume run
    looks '@l > 1 && $l[0]{decision} eq "goes on" && $l[1]{blocks} == $l[0]{next}'
    ok $? "an interrupted run goes on to the look that was decided"
else
    ok 0 "# SKIP six blocks took all the time"
fi
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "it ends well (exit $status)"
looks '$l[-1]{decision} =~ /^(out of time|last look)$/ && $l[-1]{next} == 0 &&
    @{$m->{planned}} == 2 * $l[-1]{blocks} && @{$m->{done}} == 2 * $l[-1]{blocks} && $m->{spent_s} > 0'
ok $? "at a look, with all the trials of its blocks"
flat "$work/run/comparison.md" | grep -qE 'After [0-9]+ blocks and [0-9 mins]+: it ends, as .* no ratio to be precise about\.' &&
    flat "$work/run/comparison.md" | grep -q 'Left out, for want of time .*: second\.' &&
    grep -q '"ended":.*it ends' "$work/run/comparison.json"
ok $? "the tables tell why, and what was left out"
blocks=$(perl -MJSON::PP -0ne 'print decode_json($_)->{looks}[-1]{blocks}' "$work/run/manifest.json")
grep -qE "Medians of $blocks trials" "$work/run/comparison.md"
ok $? "and count the $blocks blocks that were made"
cp "$work/run/comparison.json" "$work/before.json"
"$INTERLEAVE" report "$work/run" >/dev/null && cmp -s "$work/before.json" "$work/run/comparison.json"
ok $? "report recomputes it"
trials() { find "$work/run/trials" -mindepth 1 -maxdepth 1 | wc -l; }
before=$(trials)
bench --resume run
[ "$before" -eq "$(trials)" ] && [ "$before" -eq $((2 * blocks)) ]
ok $? "what has ended is not gone on with"
finish_tests

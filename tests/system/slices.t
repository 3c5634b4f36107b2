#!/usr/bin/env bash
# Contenders that have the load by turns, from end to end: interrupted, gone on with, and
# what is made of the slices. Bounds hold on a loaded machine: waits overlap or they do not.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/bench_test.sh

cat >"$work/waits.json" <<'JSON'
{ "name": "waits", "title": "Waits", "question": "Do waits overlap?",
  "family": "io", "requests": [{ "path": "/wait:5ms" }],
  "load": { "connections": 8, "warmup": "50ms", "duration": "1s" },
  "server": { "cpus": 1 } }
JSON
sliced=(--slices --slice-count 4 --slice-time 100ms)
two=iterative,thread-pool:threads=4

# ---- interrupted, and gone on with --------------------------------------------------------

dir=$work/run
start "$work/waits.json" "${sliced[@]}" --repeat 2 --seed 3 --models "$two" --out "$dir"
await first_trial "$dir" && kill -INT "$run"
finish
[ $status -eq 130 ] && grep -q -- "--resume $dir" "$work/err"
ok $? "Ctrl-C between two slices: exit 130, and how to go on (exit $status)"
nothing_runs "Ctrl-C between two slices"
[ -z "$(find "$dir/trials" -name '.*')" ]
ok $? "what was cut short is not there"
kept=$(cat "$dir"/trials/*/trial.json | sha256sum)
before=$(ls "$dir/trials")
[ "$(wc -w <<<"$before")" -lt 4 ]
ok $? "the run was not over"

start --resume "$dir"
finish
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "--resume ends well (exit $status)"
nothing_runs "a run by turns"
[ "$(find "$dir/trials" -mindepth 1 -maxdepth 1 | wc -l)" -eq 4 ] &&
    [ "$(for id in $before; do cat "$dir/trials/$id/trial.json"; done | sha256sum)" = "$kept" ]
ok $? "... with what was missing, each contender against the first, itself included"

# ---- slices.csv ---------------------------------------------------------------------------

csv=$dir/slices.csv
awk -F, -v trial="$(column "$csv" trial)" -v turn="$(column "$csv" turn)" \
    -v side="$(column "$csv" side)" \
    'NR > 1 { seen[$trial]++; sides[$trial, $turn, $side]++ }
     END { for (t in seen) if (seen[t] != 10) exit 1
           for (s in sides) if (sides[s] != 1) exit 1
           exit length(seen) != 4 }' "$csv"
ok $? "of each pair of processes a warm-up and four turns, in each either server once"
awk -F, -v cpu="$(column "$csv" cpu_s)" -v idle="$(column "$csv" idle_cpu_s)" \
    'NR > 1 { used += $cpu; left += $idle } END { exit !(used > 0 && left < used) }' "$csv"
ok $? "the server that has the load uses the CPU"
for trial in "$dir"/trials/*/trial.json; do
    grep -q count_mismatch "$trial" && echo "# $trial"
    ! grep -q count_mismatch "$trial"
    ok $? "both servers have counted what was sent ($(basename "$(dirname "$trial")"))"
done

# ---- the ratio ----------------------------------------------------------------------------
# One of the two pairs of processes is left out where others have disturbed it.

tells_ratio() { # DIR
    local csv=$1/slice_ratios.csv
    awk -F, -v m="$(column "$csv" metric)" -v s="$(column "$csv" second)" \
        -v r="$(column "$csv" ratio)" -v p="$(column "$csv" pairs)" \
        -v t="$(column "$csv" turns)" -v u="$(column "$csv" unused)" \
        '$m == "throughput_rps" && $s == "thread-pool:threads=4" {
             good = $r > 1.5 && $r < 5 && $p + $u == 2 && $t == 4 * $p }
         END { exit !good }' "$csv"
}
# A machine that stands still for most of a slice takes the ratio along.
again=$work/more
tells_it_again() { tells_ratio "$again"; }
tells_ratio "$dir" || {
    bench_until tells_it_again "$again" "$work/waits.json" "${sliced[@]}" --repeat 2 --models "$two"
    dir=$again
}
tells_ratio "$dir"
ok $? "four threads do up to four times as much as one"
grep -Eq '^thread-pool:threads=4 .* (1 +8|2 +16) ' "$work/out" && grep -q '^noise floor ' "$work/out" &&
    grep -q '^iterative (again) ' "$work/out"
ok $? "the table has the ratio and the noise floor of the same run"
tr '\n' ' ' <"$work/out" | grep -q 'Memory, and what a server does when it starts, *are not'
ok $? "and says what is not seen by turns"
cp -r "$dir" "$work/again"
rm "$work/again"/{slices.csv,slice_ratios.csv,comparison.md,comparison.json,SHA256SUMS}
"$INTERLEAVE" report "$work/again" >"$work/out.again"
diff "$work/out" "$work/out.again" >/dev/null && diff -r "$dir" "$work/again" >/dev/null
ok $? "report makes the same of the same trials"
"$INTERLEAVE" verify "$dir" >"$work/out"
ok $? "verify finds it as it was written"

# ---- compared -----------------------------------------------------------------------------

told() { # FILE: its words, whatever the lines
    tr -s ' \n' ' ' <"$1"
}
# Where others have disturbed both pairs that is what is told of them.
unused='pairs of processes must not be used: [a-z]'
"$INTERLEAVE" compare "$dir" thread-pool:threads=4 iterative >"$work/out" &&
    told "$work/out" | grep -Eq "req/s: A is [1-4]\.[0-9]+ times B; no interval: it takes 6 pairs|2 $unused"
ok $? "compare tells the ratio, and that two pairs have no interval"
"$INTERLEAVE" compare "$dir" iterative thread-pool:threads=4 >"$work/out" &&
    told "$work/out" | grep -Eq "req/s: A is 0\.[0-9]+ times B|2 $unused"
ok $? "... and its inverse the other way round"
cd "$work" || exit 2
"$INTERLEAVE" compare thread-pool:threads=4 iterative --slices waits.json --repeat 1 \
    --slice-count 2 --slice-time 60ms --seed 3 --attempts 1 --out duel --json - >"$work/json" 2>"$work/err"
status=$?
sed 's/^/# /' "$work/err"
has_measured
ok $? "compare --slices ends well (exit $status)"
grep -q '"by_turns":[[:space:]]*true' json && grep -q '"of":[[:space:]]*"duel: ' json &&
    [ "$(find duel/trials -mindepth 1 -maxdepth 1 | wc -l)" -eq 2 ] &&
    grep -q '"against":[[:space:]]*"iterative"' duel/trials/*thread-pool*/trial.json
ok $? "... with B as the first contender, and nothing but the comparison on stdout"
"$INTERLEAVE" verify duel >"$work/out"
ok $? "... in a folder like any other"

# ---- failures -----------------------------------------------------------------------------

start "$work/waits.json" "${sliced[@]}" --repeat 1 --models "$two" --out "$work/died"
await children_of_run load && kill -9 "$(children_of_run serve | tail -n 1)"
finish
[ $status -eq 1 ] && grep -qE '"reason":.*the (first|second) server ended.*signal 9' "$work"/died/trials/*/trial.json
ok $? "a server that is killed: exit 1 and the reason (exit $status)"
nothing_runs "a server that is killed"

refused() { # ARGUMENTS...: exit 2, nothing begun
    start "$@" "${sliced[@]}" --out "$work/refused"
    finish
    [ $status -eq 2 ] && [ ! -e "$work/refused" ]
}
refused "$work/waits.json" --models iterative && grep -q 'two contenders and more, got 1' "$work/err"
ok $? "one contender has nobody to take turns with"
sed 's/"connections": 8, /"phases": [{ "connections": 8, "duration": "1s" }], /; s/, "duration": "1s" },$/ },/' \
    "$work/waits.json" >"$work/phases.json"
refused "$work/phases.json" --models "$two" && grep -q 'waits: slices take .* not phases' "$work/err"
ok $? "a load with phases cannot be cut"

finish_tests

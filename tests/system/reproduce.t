#!/usr/bin/env bash
# A reference that is measured again: on the same machine with the very same loads, which a
# pilot has shown to fit; and what is planned where the reference is of another machine.
# How fast anything is does not matter.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/bench_test.sh

# Runs it in the folder of the test; sets $status, and leaves out and err there.
interleave() { # ARGUMENTS...
    (cd "$work" && "$INTERLEAVE" "$@" >out 2>err)
    status=$?
    sed 's/^/# /' "$work/err"
}

cat >"$work/open.json" <<'JSON'
{ "name": "open", "title": "Open", "question": "q?", "family": "io",
  "models": ["event-loop"], "requests": [{ "path": "/" }],
  "load": { "rate": 200, "warmup": "250ms", "duration": "1s" },
  "server": { "cpus": 1 }, "quick_duration": "300ms" }
JSON
cat >"$work/closed.json" <<'JSON'
{ "name": "closed", "title": "Closed", "question": "q?", "family": "io",
  "models": ["event-loop", "epoll"], "requests": [{ "path": "/wait:1ms" }],
  "load": { "connections": 3, "warmup": "250ms", "duration": "1s" },
  "server": { "cpus": "all", "options": { "uv-pool": 2 } }, "quick_duration": "300ms" }
JSON
both=(--scenario open.json --scenario closed.json --profile quick)

bench open.json closed.json --seed 3 --out measured
has_measured
ok $? "a reference is measured (exit $status)"

# Of two blocks, valid ones, with CPU times so far apart that nothing can be told from them.
reference() { # NAME FACTOR FACTOR: of the CPU time per request in either block
    mkdir "$work/$1"
    cp "$work/measured/environment.json" "$work/$1"
    awk -F, -v OFS=, -v first="$2" -v second="$3" '
        NR == 1 { print; next }
        { $8 = "true"; value = $10; is_cost = $9 == "cpu_per_request_ns"
          $10 = is_cost ? value * first : value; print
          $1 = "02" substr($1, 3); $2 = 2; $10 = is_cost ? value * second : value; print }
    ' "$work/measured/samples.csv" >"$work/$1/samples.csv"
}
reference same 0.1 10

interleave reproduce same "${both[@]}" --seed 3 --out again
has_measured
ok $? "it is reproduced (exit $status)"
grep -q '^plan: a pilot before the blocks, 3 trials of each of 1 scenario, ' "$work/err"
ok $? "the plan tells of the pilot"
grep -q '^\[1/3\] pilot: open, ' "$work/err"
ok $? "the pilot is run before anything else"
[ "$(field "$work/again/scaling.json" loads 0 rate)" = 1 ] &&
    [ "$(field "$work/again/scaling.json" loads 0 connections)" = 1 ] &&
    [ "$(field "$work/again/scaling.json" loads 1 connections)" = 1 ] &&
    [ "$(field "$work/again/scaling.json" loads 1 rate)" = null ]
ok $? "every factor is 1 on the same machine"
! grep -q '"scale"' "$work/again/config.json"
ok $? "so that nothing is scaled"
same_loads() {
    local trial
    for trial in "$work"/measured/trials/*; do
        cmp "$trial/scenario.json" "$work/again/trials/${trial##*/}/scenario.json" || return 1
    done
}
same_loads
ok $? "and every trial has the very same load"
grep -q '  \./scaling\.json$' "$work/again/SHA256SUMS" && [ ! -e "$work/again/.pilot" ]
ok $? "the pilot's figures are summed with the results, and its folder is gone"
for where in again/reproduction.md err; do
    grep -qE '^(\| )?open +(\| )?.*requests/s +.*200 +.*200 ' "$work/$where" &&
        grep -qE '^(\| )?closed +(\| )?.*connections +.*3 +.*3 ' "$work/$where" &&
        grep -qE '^(\| )?pilot ' "$work/$where"
    ok $? "$where has the loads of both, and the pilot"
done
interleave verify again
[ "$status" -eq 0 ]
ok $? "verify makes its factors again (exit $status)"
perl -pi -e 's/"rate":\t1(,?)$/"rate":\t2$1/' "$work/again/scaling.json"
interleave verify again
[ "$status" -eq 1 ] && grep -q '^scaling.json: .*rate' "$work/out"
ok $? "and finds one that was altered (exit $status)"

# ---- of another machine -----------------------------------------------------------------------

# There it has one CPU; how many times as many there are here is for the kernel to say.
reference other 10 10.1
more=$(nproc)
perl -pi -e "s/\"allowed\":\\t\"[^\"]*\"/\"allowed\":\\t\"0\"/" "$work/other/environment.json"
interleave reproduce other "${both[@]}" --dry-run --out never
[ "$status" -eq 0 ] && [ ! -e "$work/never" ] &&
    grep -qE '^open .*200 +by the pilot +- +a pilot with ' "$work/out" &&
    grep -qE "^closed +connections +3 +$((3 * more)) +$more " "$work/out" &&
    { [ "$more" -eq 1 ] || grep -qE "^ +uv-pool +2 +$((2 * more)) +$more" "$work/out"; }
ok $? "--dry-run tells the loads, and that the pilot says the rest (exit $status, $more times the CPUs)"

interleave reproduce other --scenario closed.json --profile quick --out scaled
has_measured
ok $? "clients are scaled (exit $status)"
trial=$work/scaled/trials/01-closed-event-loop
[ "$(field "$trial/scenario.json" load connections)" = $((3 * more)) ] &&
    [ "$(field "$trial/scenario.json" server options uv-pool)" = $((2 * more)) ]
ok $? "to $((3 * more)), and what serves them with them; the cell is called as there"
grep -qE "closed .*connections .*3 .*$((3 * more)) .*$more " "$work/scaled/reproduction.md"
ok $? "the page tells"
interleave reproduce scaled --results measured
[ "$more" -eq 1 ] || { [ "$status" -eq 2 ] && grep -q 'it repeats other, with other loads' "$work/err"; }
ok $? "what was scaled is no reference itself (exit $status)"

# ---- whatever way it ends -----------------------------------------------------------------------

mkdir "$work/kept" && touch "$work/kept/file"
interleave reproduce other "${both[@]}" --out kept
[ "$status" -eq 2 ] && [ -e "$work/kept/file" ] && ! grep -q 'pilot: ' "$work/err"
ok $? "a folder that cannot be had ends it before the pilot (exit $status)"

sed -i 's/"quick_duration": "300ms"/"quick_duration": "30s"/' "$work/open.json"
setsid env -C "$work" "$INTERLEAVE" reproduce other --scenario open.json --profile quick \
    --out ended >"$work/out" 2>"$work/err" &
run=$!
await children_of_run load
kill -INT "$run"
finish
[ "$status" -eq 130 ] && [ ! -e "$work/ended" ]
ok $? "an interrupt during the pilot leaves no results (exit $status)"
nothing_runs "it"
finish_tests

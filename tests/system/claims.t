#!/usr/bin/env bash
# Claims from end to end: `bench --claims` measures what they read and nothing else, and
# judges them; `report` gives the same verdicts again.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/bench_test.sh

bench_here() { bench --scenarios scenarios "$@"; } # ARGUMENTS...
verdict_of() { # DIR ID
    awk -v id="\"$2\"," '$1 == "\"id\":" { mine = $2 == id }
        mine && $1 == "\"verdict\":" { sub(/^.*:[^"]*"/, ""); sub(/",$/, ""); print }' "$1/verdicts.json"
}

mkdir "$work/scenarios"
cat >"$work/scenarios/waits.json" <<'JSON'
{ "name": "waits", "title": "Tiny waits", "question": "Do waits overlap?",
  "family": "io", "requests": [{ "path": "/wait:10ms" }],
  "load": { "connections": 8, "warmup": "100ms", "duration": "400ms" },
  "sweep": { "variable": "connections", "values": [2, 4, 8], "quick": [2] } }
JSON
sed 's/"waits"/"others"/' "$work/scenarios/waits.json" >"$work/scenarios/others.json"
cat >"$work/scenarios/claims.json" <<'JSON'
{ "claims": [
  { "number": 1, "id": "waits-overlap", "said": "One loop overlaps waits.",
    "means": "Eight clients are served as fast as two.", "refuted_if": "they are not",
    "tests": [{ "subject": { "scenario": "waits", "contender": "event-loop", "points": [8],
                             "metric": "throughput_rps" },
                "relation": "at_least", "margin": 2,
                "reference": { "contender": "iterative" } }] },
  { "number": 2, "id": "none-has-so-many", "said": "The server has a thousand CPUs.",
    "means": "It does not.", "refuted_if": "it has not", "needs": { "server_cpus": 1000 },
    "tests": [{ "subject": { "scenario": "waits", "contender": "event-loop", "points": [8],
                             "metric": "cores_used" },
                "relation": "report", "reference": { "formula": "P" } }] },
  { "number": 3, "id": "of-another", "said": "It is not asked for.", "means": "-",
    "refuted_if": "-",
    "tests": [{ "subject": { "scenario": "others", "contender": "epoll",
                             "metric": "throughput_rps" },
                "relation": "report", "reference": { "contender": "event-loop" } }] }
] }
JSON

(cd "$work" && "$INTERLEAVE" claims --scenarios scenarios) >"$work/out" &&
    grep -q "waits-overlap *One loop overlaps waits" "$work/out"
ok $? "the claims of a folder are listed"

bench_here --claims waits-overlap,2 --repeat 6 --out six
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "what two claims need is run (exit $status)"
[ "$(find "$work/six/trials" -mindepth 1 -maxdepth 1 -printf '%f\n' | sed 's/^[0-9]*-//; s/__again_$//' |
    sort -u | tr '\n' ' ')" = \
    "waits-connections=8-event-loop waits-connections=8-iterative " ]
ok $? "that is one point of one scenario, and two contenders"
[ "$(grep -c '"id":' "$work/six/claims.json")" -eq 2 ]
ok $? "the claims are kept with the run"
one=$(verdict_of "$work/six" waits-overlap)
case $one in
supported) true ;;
"not evaluated" | inconclusive) grep -q invalid "$work/err" ;; # by a neighbour's load
*) false ;;
esac
ok $? "waits overlap: $one"
[ "$(verdict_of "$work/six" none-has-so-many)" = "not testable here" ]
ok $? "what the machine lacks is not testable here"
grep -q "not testable here" "$work/out" && grep -q "the server has 1 of 1000 CPUs" "$work/out"
ok $? "the table says why"
grep -q "^| 1 | One loop overlaps waits. *| $one" <(sed 's/  */ /g; s/^| */| /' "$work/six/verdicts.md")
ok $? "verdicts.md has the verdict"

cp "$work/six/verdicts.json" "$work/before"
(cd "$work" && "$INTERLEAVE" report six) >"$work/out" &&
    grep -q "^Claims" "$work/out" && cmp -s "$work/before" "$work/six/verdicts.json"
ok $? "report gives the same verdicts"
(cd "$work/six" && sha256sum --quiet -c SHA256SUMS)
ok $? "verdicts are among the sums"
sed -i 's/throughput_rps/thruput_rps/' "$work/six/claims.json"
(cd "$work" && "$INTERLEAVE" report six) >"$work/out"
grep -q "there is no metric" "$work/out"
ok $? "a metric of another version is not evaluated"

bench_here --claims 1 --strict --repeat 1 --out one
[ $status -eq 4 ] || [ $status -eq 3 ]
ok $? "one block has no verdict, with --strict an exit code (exit $status)"
bench_here others --models event-loop --repeat 1 --out other
[ ! -e "$work/other/claims.json" ] && ! grep -q "^Claims" "$work/out"
ok $? "a run that can answer none has none"

refused() { # MESSAGE ARGUMENTS...
    local message=$1
    shift
    bench_here "$@" --out no
    [ $status -eq 2 ] && [ "$(cat "$work/err")" = "interleave bench: $message" ] && [ ! -e "$work/no" ]
    ok $? "refused: $*"
}
refused "--claims says what is run: give no scenarios and no contenders with it" --claims all waits
refused 'claims: expected one of waits-overlap, none-has-so-many, of-another, got "wait-overlap" (did you mean "waits-overlap"?)' \
    --claims wait-overlap
sed -i 's/"waits", "contender": "event-loop", "points": \[8\]/"wats", "contender": "event-loop"/' "$work/scenarios/claims.json"
refused 'scenarios/claims.json:4:42: claims[0].tests[0].subject.scenario: expected one of others, waits, got "wats" (did you mean "waits"?)' \
    --claims 3
finish_tests

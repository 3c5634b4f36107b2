#!/usr/bin/env bash
# capacity.t - a scenario that searches for the capacity, from its file to the table: four
# threads that wait 50 ms do 80 a second, whatever the machine. How much of that a search
# finds on a busy one is left open.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh

cat >"$work/tiny.json" <<'JSON'
{ "name": "tiny", "title": "Tiny", "question": "How much?", "family": "io",
  "models": ["thread-pool:threads=4"], "requests": [{ "path": "/wait:50ms" }],
  "load": { "rate": 40, "arrivals": "constant", "warmup": "0s", "duration": "600ms",
            "capacity": { "percentile": 50, "limit": "150ms", "search_time": "2s" } },
  "server": { "cpus": 1 } }
JSON
(cd "$work" && "$INTERLEAVE" bench tiny.json --attempts 1 --profile thorough --repeat 1 \
    --out run >out 2>err)
status=$?
# On a busy machine the search ends at the generator's limit, or its window is invalid.
[ $status -eq 0 ] || [ $status -eq 3 ] || { sed 's/^/# /' "$work/err"; false; }
ok $? "a search is run as a trial (exit $status)"

trial=$(echo "$work"/run/trials/*/trial.json)
perl -MJSON::PP -0777 -ne '
    my $trial = decode_json($_);
    my ($search, $load) = @{$trial}{qw(capacity load)};
    my @rates = sort { $a <=> $b } map { $_->{rate_rps} } @{$search->{steps}};
    my $kept = $search->{capacity_rps};
    my %checks = (
        "its objective is the scenario'"'"'s" => $search->{objective} eq "p50<150ms",
        "it has steps" => scalar @rates,
        "no rate was kept at which the line grows beyond it" => !defined $kept || $kept < 160,
        "what was missed lies above" => !defined $kept || !defined $search->{missed_rps} ||
            $search->{missed_rps} > $kept,
        "the window was measured at the rate found" =>
            abs($load->{offered_rps} / ($kept // $rates[0]) - 1) < 0.05);
    print $checks{$_} ? "" : "# not so: $_: $kept, $load->{offered_rps}\n" for keys %checks;
    exit !!grep { !$_ } values %checks' "$trial"
ok $? "its record has the search, and the load at the rate that it found"
[ ! -e "$(dirname "$trial")/capacity.json" ]
ok $? "the file of the search is in the record, and nowhere else"

# What was found is in the files and the table; NaN is an empty cell there.
kept=$(sed -n 's/.*"capacity_rps":[^0-9n]*\([0-9.e+]*\|null\).*/\1/p' "$trial")
if [ "$kept" = null ]; then
    ! grep -q ',capacity_kept_rps,' "$work/run/samples.csv"
else
    grep -q ",capacity_kept_rps," "$work/run/samples.csv" &&
        grep -q '| *kept at' "$work/run/comparison.md"
fi
ok $? "kept at $kept: samples.csv and the table have it"

# By hand: a scenario's search, without a harness; an option without a search is usage.
"$INTERLEAVE" serve --model event-loop --listen 127.0.0.1:0 >"$work/serve" 2>&1 &
server=$!
for _ in $(seq 300); do grep -q listening "$work/serve" && break; sleep 0.1; done
url=$(sed -n 's/^listening on //p' "$work/serve")
sed 's/"2s"/"300ms"/;s/"600ms"/"200ms"/' "$work/tiny.json" >"$work/short.json"
"$INTERLEAVE" load --scenario "$work/short.json" --target "$url" --json "$work/search.json" \
    2>"$work/by-hand"
grep -q '"objective":.*"p50<150ms"' "$work/search.json" && grep -q '^p50<150ms: ' "$work/by-hand"
ok $? "load does the search of a scenario: $(tail -n 1 "$work/by-hand")"
"$INTERLEAVE" load "$url" --search-json "$work/none.json" 2>"$work/err"
[ $? -eq 2 ] && grep -q -- '--search-json is for the search of --find-capacity' "$work/err" &&
    [ ! -e "$work/none.json" ]
ok $? "--search-json without a search is refused"
kill -TERM "$server"
wait "$server"
finish_tests

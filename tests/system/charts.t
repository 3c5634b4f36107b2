#!/usr/bin/env bash
# charts.t - a run with a plain row, one that is a bound and one that must not be used:
# files, tables and charts say which is which, and gnuplot draws it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh

cat >"$work/waits.json" <<'JSON'
{ "name": "waits", "title": "Waits", "question": "Do they overlap?",
  "family": "io", "requests": [{ "path": "/wait:5ms" }],
  "load": { "connections": 10, "warmup": "100ms", "duration": "500ms" },
  "server": { "cpus": 1 }, "sweep": { "variable": "connections", "values": [10, 20] } }
JSON
env -C "$work" "$INTERLEAVE" bench waits.json --models event-loop,epoll,iterative \
    --repeat 1 --out run >"$work/out" 2>"$work/err"
status=$?
sed 's/^/# /' "$work/err"
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "a run of a sweep ends well (exit $status)"

# What this machine did to the trials is not the question: each gets its flags here.
flag() { # MODEL FLAG: of all trials of the model; none without FLAG
    for trial in "$work"/run/trials/*-"$1"/trial.json; do
        perl -MJSON::PP -0777 -pi -e '
            BEGIN { ($flag) = splice @ARGV, 0, 1 }
            my $trial = decode_json($_);
            $trial->{flags} = $flag
                ? [{ code => $flag, severity => "invalid", message => "said by charts.t" }] : [];
            $trial->{valid} = $flag ? JSON::PP::false : JSON::PP::true;
            $_ = encode_json($trial)' "$2" "$trial"
    done
}
flag event-loop ""
flag epoll generator_saturated
flag iterative contention
"$INTERLEAVE" report "$work/run" >"$work/table"
ok $? "report reads the trials again"

bounds() { # MODEL METRIC: what comparison.csv says that it proves, at each point
    awk -F, -v m="$1" -v f="$2" '$5 == m && $7 == f { printf "%s%s", s, $20; s = ", " }' \
        "$work/run/comparison.csv"
}
[ "$(head -1 "$work/run/comparison.csv" | cut -d, -f20)" = bound ]
ok $? "comparison.csv says what a figure proves"
while read -r model metric bound; do
    [ "$(bounds "$model" "$metric")" = "$bound, $bound" ]
    ok $? "$metric of $model: $bound"
done <<'EOF'
event-loop throughput_rps exact
event-loop latency_p50_ns exact
epoll throughput_rps at least
epoll latency_p50_ns invalid
epoll latency_mean_ns at most
epoll cpu_per_request_ns exact
iterative throughput_rps invalid
iterative cpu_per_request_ns invalid
EOF
perl -MJSON::PP -0777 -e '
    my %bounds = ("event-loop" => "exact", epoll => "at least", iterative => "invalid");
    for my $row (@{ decode_json(<>)->{rows} }) {
        my ($model, $figures) = @$row{qw(model metrics)};
        die "$model: $figures->{throughput_rps}{bound}\n"
            if $figures->{throughput_rps}{bound} ne $bounds{$model};
        die "$model has ratios\n" if $model eq "iterative" && %{ $row->{ratios} };
    }' "$work/run/comparison.json"
ok $? "so does comparison.json, where nothing has a ratio that must not be used"
for where in "$work/table" "$work/run/comparison.md"; do
    grep -qE 'event-loop +[| ] +[0-9.]+k? ' "$where" && grep -qE 'epoll >= +[| ] +>=[0-9]' "$where" &&
        grep -qE 'iterative ! +[| ] +[0-9.]+k?! ' "$where"
    ok $? "so do the marks in ${where##*/}"
done

# ---- the charts -------------------------------------------------------------------------

plots=$work/run/plots
[ "$(grep -c '^[12]0 [0-9.]* 0 ' "$plots/waits-throughput.dat")" -eq 2 ] &&
    [ "$(grep -c '^[12]0 [0-9.]* 1 ' "$plots/waits-throughput.dat")" -eq 2 ] &&
    [ "$(grep -c '^[12]0 [0-9.]* 3 ' "$plots/waits-throughput.dat")" -eq 2 ]
ok $? "the data of a chart has all figures, and what they prove"
grep -q 'Of 6 figures: 2 at least so much, 2 not to be used"' "$plots/waits-throughput.gp"
ok $? "its title counts those that are no facts"
if ! command -v gnuplot >/dev/null; then
    n=$((n + 1))
    echo "ok $n - # SKIP gnuplot is not installed"
else
    scripts/charts "$work/run" >"$work/drawn" 2>&1 && ! grep -qi warning "$work/drawn"
    ok $? "gnuplot draws all charts without a warning"
    sed 's/^/# /' "$work/drawn"
    for meaning in 'at least so much' 'not to be used'; do
        grep -q ">$meaning<" "$plots/waits-throughput.svg"
        ok $? "the key of the picture explains: $meaning"
    done
fi
finish_tests

#!/usr/bin/env bash
# A short run from end to end: the physics of its table, failures, interrupts, resuming.
# Every bound holds on a loaded machine: waits overlap or they do not.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/bench_test.sh

cat >"$work/tiny-wait.json" <<'JSON'
{ "name": "tiny-wait", "title": "Tiny waits", "question": "Do waits overlap?",
  "family": "io", "requests": [{ "path": "/wait:50ms" }],
  "load": { "connections": 20, "warmup": "400ms", "duration": "1500ms" },
  "server": { "cpus": 1, "options": { "threads": 4 } } }
JSON
cat >"$work/tiny-mix.json" <<'JSON'
{ "name": "tiny-mix", "title": "A tiny mix", "question": "Who waits for the computing?",
  "family": "mixed",
  "requests": [ { "path": "/wait:5ms", "class": "light", "weight": 9 },
                { "path": "/spin:10ms", "class": "cpu", "weight": 1 } ],
  "load": { "connections": 4, "warmup": "200ms", "duration": "1s" },
  "server": { "cpus": 1 } }
JSON
cat >"$work/long.json" <<'JSON'
{ "name": "long", "title": "Long enough to be interrupted", "question": "When does it end?",
  "family": "io", "requests": [{ "path": "/wait:10ms" }],
  "load": { "connections": 2, "warmup": "100ms", "duration": "3s" } }
JSON

# ---- work that is given as a time ---------------------------------------------------------

cat >"$work/kinds.json" <<'JSON'
{ "name": "kinds", "title": "Two kinds", "question": "Do they take equally long?",
  "family": "cpu", "requests": [{ "path": "/{work}/query:1" }],
  "load": { "connections": 1, "warmup": "100ms", "duration": "500ms" },
  "server": { "cpus": 1 },
  "sweep": { "variable": "work", "values": ["gzip:2ms", "encrypt:2ms"] } }
JSON
start "$work/kinds.json" --models event-loop --repeat 1 --out "$work/kinds"
finish
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "work may be given as a time, in a sweep too (exit $status)"
[ "$(readlink "$work/results/latest")" = "$(realpath "$work/kinds")" ]
ok $? "results/latest is the newest run, wherever its folder lies"
for kind in gzip encrypt; do
    amount=$(sed -n "s/^.*\"$kind:2ms\":[^\"]*\"$kind:\([0-9]*\)\".*$/\1/p" "$work/kinds/manifest.json")
    grep -q "\"/$kind:$amount/query:1\"" "$work"/kinds/trials/*"$kind"*/scenario.json
    ok $? "$kind:2ms became $kind:$amount, as the manifest says"
    grep -qE "^\| $kind:$amount +\| CPU +\|.*\| $kind:2ms" "$work/kinds/comparison.md"
    ok $? "... and what it costs stands in the comparison"
done
grep -qE "^\| query:1 +\| BLOCKING" "$work/kinds/comparison.md"
ok $? "so does what a blocking step costs"
sed 's/gzip:2ms/scrypt:2ms/' "$work/kinds.json" >"$work/no-kind.json"
sed 's/gzip:2ms/sing:3/' "$work/kinds.json" >"$work/no-step.json"
for bad in no-kind no-step; do
    start "$work/$bad.json" --models event-loop --out "$work/$bad"
    finish
    [ $status -eq 2 ] && [ "$(grep -c '^interleave bench: ' "$work/err")" -eq 1 ] &&
        [ ! -e "$work/$bad" ]
    ok $? "a step that cannot be so is told before anything is started ($bad)"
done

# ---- the table ------------------------------------------------------------------------

models=iterative,thread-pool:threads=4,event-loop
loop_overlaps() { # DIR SCENARIO FACTOR: the event loop answers so many times as much
    awk -v one="$(figure "$1" "$2" iterative throughput_rps)" -v factor="$3" \
        -v all="$(figure "$1" "$2" event-loop throughput_rps)" \
        'BEGIN { exit !(one > 0 && all > factor * one) }'
}
waits_overlap() { loop_overlaps "$work/table" tiny-wait 5; }
bench_until waits_overlap "$work/table" "$work/tiny-wait.json" "$work/tiny-mix.json" \
    --models "$models" --repeat 2 --seed 5
# A sanitizer build, or a neighbour's load, makes figures invalid, but they are figures.
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "a run of two tiny scenarios ends well (exit $status)"
nothing_runs "a run"
iterative=$(figure "$work/table" tiny-wait iterative throughput_rps)
pool=$(figure "$work/table" tiny-wait thread-pool:threads=4 throughput_rps)
loop=$(figure "$work/table" tiny-wait event-loop throughput_rps)
holds "${iterative:-0} > 0 && ${iterative:-99} < 22" "one at a time: at most 1/W"
holds "${pool:-0} > 0 && ${pool:-999} < 88" "four threads: at most 4/W"
holds "${loop:-0} > 5 * ${iterative:-99}" "the loop overlaps the waits"
holds "${loop:-999} < 440" "and no more than C/W"
holds "$(figure "$work/table" tiny-wait event-loop cores_used) < 1.1" "on one core at most"
holds "$(figure "$work/table" tiny-wait thread-pool:threads=4 threads) >= 4" "its threads are seen"
holds "$(figure "$work/table" tiny-wait event-loop memory_bytes) > 100000" "its memory is seen"
holds "$(figure "$work/table" tiny-mix event-loop class.light.latency_p50_ns) >= 5e6" \
    "the classes of a mix are told apart"
[ "$(awk -F, '$1=="tiny-wait" && $5=="iterative" && $7=="throughput_rps" {print $16}' \
    "$work/table/comparison.csv")" = 20 ]
ok $? "the prediction stands beside the observation"
(cd "$work/table" && sha256sum --quiet -c SHA256SUMS)
ok $? "SHA256SUMS fits"
[ "$(find "$work/table/trials" -mindepth 1 -maxdepth 1 ! -name '.*' | wc -l)" -eq 16 ] &&
    [ -z "$(find "$work/table/trials" -name '.*')" ]
ok $? "16 trials, complete"
grep -q 'event-loop (again),.*,throughput_rps,' "$work/table/samples.csv" &&
    ! grep -q '(again)' "$work"/table/comparison.{csv,md} "$work/out" &&
    grep -q 'A/A takes 6 blocks' "$work/err" && grep -q 'A/A takes 6 blocks' "$work/out"
ok $? "one contender runs twice in each block, for the noise floor alone"
for file in manifest.json config.json environment.json warnings.json samples.csv comparison.json \
    comparison.md trials/01-tiny-wait-iterative/{trial.json,scenario.json,series.csv,latency.hgrm,server.log}; do
    [ -e "$work/table/$file" ] || echo "# missing: $file"
done >"$work/missing"
cat "$work/missing"
[ ! -s "$work/missing" ]
ok $? "every file of the layout is there"
widest=$(awk '{ if (length($0) > w) w = length($0) } END { print w }' "$work/out")
holds "$widest <= 120" "the table fits 120 columns"

cp -r "$work/table" "$work/again"
rm "$work/again"/{samples.csv,comparison.*,SHA256SUMS}
"$INTERLEAVE" report "$work/again" >"$work/out.again"
ok $? "report recomputes a folder"
diff "$work/out" "$work/out.again" >/dev/null && diff -r "$work/table" "$work/again" >/dev/null
ok $? "and makes the same of the same trials"

# ---- what is told before the run --------------------------------------------------------

cat >"$work/few.json" <<'JSON'
{ "name": "few", "title": "Few requests", "question": "What is p99 of them?", "family": "io",
  "requests": [ { "path": "/", "class": "often", "rate": 1000 },
                { "path": "/wait:1ms", "class": "rarely", "rate": 50 } ],
  "load": { "warmup": "100ms", "duration": "2s" }, "server": { "cpus": 1 } }
JSON
start "$work/few.json" --models event-loop --seed 5 --out "$work/few"
finish
[[ $(sed -n 1p "$work/err") == "plan: profile quick, 1 block of 1 trial: about 2 s, until "*:??"; "* ]]
ok $? "what is planned, and when it will end"
[ "$(sed -n 2p "$work/err")" = "profile quick: of 2 s it measures 600 ms (few)" ]
ok $? "that quick measures less than the scenario says"
# 30 +- 2 sqrt(30) of them.
needs='samples, p99 needs 368: a duration 20 times as long'
[ "$(sed -n 3p "$work/err")" = "no p99: few: rarely: 19 to 41 $needs" ]
ok $? "that a class will have too few samples, and what helps"
! grep -q 'often: .* samples' "$work/err"
ok $? "and nothing of one that will have enough"
seen=$(sed -n 's/^\* rarely: \([0-9]*\) samples, p99 needs 368: .*$/\1/p' "$work/out")
holds "${seen:-0} >= 19 && ${seen:-0} <= 41" "it is so, and the table says it again"

# ---- failures --------------------------------------------------------------------------

start "$work/tiny-wait.json" --models null:stall=soon,iterative --seed 5 --out "$work/fail"
finish
[ $status -eq 1 ]
ok $? "a server that does not start: exit 1 (exit $status)"
nothing_runs "a run with a failure"
grep -q '"status":.*"failed"' "$work"/fail/trials/*stall*/trial.json &&
    grep -q '"reason":.*--stall' "$work"/fail/trials/*stall*/trial.json
ok $? "its trial says why"
holds "$(figure "$work/fail" tiny-wait iterative throughput_rps) > 0" "the run went on"
grep -q '^! failed: 1 of 1 trial failed: the server did not start' "$work/out"
ok $? "the table shows it as failed"

start "$work/long.json" --models event-loop --out "$work/died"
await children_of_run load && sleep 0.3 && kill -9 "$(children_of_run serve)"
finish
[ $status -eq 1 ] && grep -q '"reason":.*the server ended.*signal 9' "$work"/died/trials/*/trial.json
ok $? "a server that is killed: exit 1 and the reason (exit $status)"
nothing_runs "a server that is killed"

start "$work/long.json" --models event-loop --overrun 1s --out "$work/hung"
await children_of_run load && sleep 0.3 && kill -STOP "$(children_of_run load)"
finish
[ $status -eq 1 ] && grep -q '"reason":.*the generator hung' "$work"/hung/trials/*/trial.json
ok $? "a generator that hangs: exit 1 and the reason (exit $status)"
nothing_runs "a generator that hangs"

# ---- what servers ask ----------------------------------------------------------------------

cat >"$work/tiny-fetch.json" <<'JSON'
{ "name": "tiny-fetch", "title": "Tiny calls", "question": "Who answers?",
  "family": "io", "requests": [{ "path": "/fetch:wait=50ms" }],
  "load": { "connections": 20, "warmup": "200ms", "duration": "1s" },
  "server": { "cpus": 1, "options": { "upstream-connections": 64 } },
  "backend": { "model": "event-loop", "options": { "uv-pool": 2 } } }
JSON
calls_overlap() { loop_overlaps "$work/fetch" tiny-fetch 4; }
bench_until calls_overlap "$work/fetch" "$work/tiny-fetch.json" --models iterative,event-loop --seed 5
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "a run with a backend ends well (exit $status)"
nothing_runs "a run with a backend"
iterative=$(figure "$work/fetch" tiny-fetch iterative throughput_rps)
loop=$(figure "$work/fetch" tiny-fetch event-loop throughput_rps)
holds "${iterative:-0} > 0 && ${iterative:-99} < 22" "calls one at a time: at most 1/W"
holds "${loop:-0} > 4 * ${iterative:-99} && ${loop:-999} < 440" "the loop overlaps calls"
grep -q -- '"--uv-pool=2"' "$work"/fetch/trials/*event-loop/trial.json &&
    grep -q -- '"--upstream"' "$work"/fetch/trials/*event-loop/trial.json
ok $? "the command lines of both servers are recorded"

sed 's/wait=50ms/wait=50/' "$work/tiny-fetch.json" >"$work/wrong-fetch.json"
start "$work/wrong-fetch.json" --models event-loop --seed 5 --out "$work/wrong"
finish
[ $status -eq 2 ] && grep -q '"/wait:50": step 1: wait: expected a time' "$work/err" && [ ! -e "$work/wrong" ]
ok $? "a path that the backend would refuse: exit 2, nothing begun (exit $status)"
nothing_runs "a path that the backend would refuse"

sed 's/"duration": "1s"/"duration": "20s"/' "$work/tiny-fetch.json" >"$work/long-fetch.json"
start "$work/long-fetch.json" --models event-loop --out "$work/backend-died"
backend_of_run() {
    local pid
    for pid in $(children_of_run serve); do
        tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q backend.json && echo "$pid"
    done
}
await children_of_run load && sleep 0.3 && kill -9 "$(backend_of_run)"
finish
[ $status -eq 1 ] && grep -q '"reason":.*the backend ended.*signal 9' "$work"/backend-died/trials/*/trial.json
ok $? "a backend that is killed: exit 1 and the reason (exit $status)"
nothing_runs "a backend that is killed"

start "$work/long-fetch.json" --models event-loop --out "$work/fetch-interrupted"
await children_of_run load && sleep 0.3 && kill -INT "$run"
finish
[ $status -eq 130 ]
ok $? "Ctrl-C with a backend: exit 130 (exit $status)"
nothing_runs "Ctrl-C with a backend"

start "$work/long-fetch.json" --models event-loop --out "$work/fetch-killed"
await children_of_run load && sleep 0.3 && kill -KILL "$run"
wait "$run" 2>/dev/null
gone() { [ -z "$(ps -o pid= -s "$run")" ] && echo gone; }
await gone
ok $? "even a harness that is killed leaves nothing running"

sed 's/"model": "event-loop"/"model": "event-lop"/' "$work/tiny-fetch.json" >"$work/bad-backend.json"
start "$work/bad-backend.json" --models event-loop --out "$work/never-begun"
finish
[ $status -eq 2 ] && grep -q 'backend.model: .*did you mean "event-loop"' "$work/err" && [ ! -e "$work/never-begun" ]
ok $? "an unknown model of a backend: exit 2, nothing begun"

# The cluster's processes have sessions of their own: they are found by their folder.
cat >"$work/tiny-database.json" <<'JSON'
{ "name": "tiny-database", "title": "Tiny queries", "question": "How many at a time?",
  "family": "io", "requests": [{ "path": "/pgsleep:50ms" }],
  "load": { "connections": 20, "warmup": "200ms", "duration": "1s" },
  "server": { "cpus": 1, "options": { "threads": 20, "pg-connections": 4 } },
  "database": "postgres" }
JSON
mkdir "$work/tmp"
chmod 777 "$work" "$work/tmp"
no_database_runs() { # NAME
    nothing_runs "$1"
    ! pgrep -f "$work/tmp/interleave-postgres" >/dev/null
    ok $? "$1 leaves no PostgreSQL behind"
    ! ls -d "$work"/tmp/interleave-postgres-* >/dev/null 2>&1
    ok $? "$1 leaves no cluster behind"
}
if scripts/postgres check >/dev/null; then
    export TMPDIR=$work/tmp
    queries_overlap() {
        local model
        for model in thread-pool event-loop; do
            awk -v rate="$(figure "$work/database" tiny-database $model throughput_rps)" \
                'BEGIN { exit !(rate > 22) }' || return 1
        done
    }
    bench_until queries_overlap "$work/database" "$work/tiny-database.json" \
        --models iterative,thread-pool,event-loop --seed 5
    [ $status -eq 0 ] || [ $status -eq 3 ]
    ok $? "a run with a database ends well (exit $status)"
    no_database_runs "a run with a database"
    for model in thread-pool event-loop; do
        rate=$(figure "$work/database" tiny-database $model throughput_rps)
        holds "${rate:-0} > 22 && ${rate:-999} < 88" "$model: more than 1/W, at most D/W"
    done
    [ "$(awk -F, '$5=="event-loop" && $7=="throughput_rps" {print $16}' \
        "$work/database/comparison.csv")" = 80 ]
    ok $? "D/W is predicted"

    sed 's/"duration": "1s"/"duration": "20s"/' "$work/tiny-database.json" >"$work/long-database.json"
    start "$work/long-database.json" --models event-loop --out "$work/database-interrupted"
    await children_of_run load && sleep 0.3 && kill -INT "$run"
    finish
    [ $status -eq 130 ]
    ok $? "Ctrl-C with a database: exit 130 (exit $status)"
    no_database_runs "Ctrl-C with a database"

    start "$work/tiny-database.json" --models null:stall=soon --out "$work/database-fail"
    finish
    [ $status -eq 1 ]
    ok $? "a server that does not start, with a database: exit 1 (exit $status)"
    no_database_runs "a server that does not start, with a database"

    start "$work/long-database.json" --models event-loop --out "$work/database-killed"
    await children_of_run load && sleep 0.3 && kill -KILL "$run"
    wait "$run" 2>/dev/null
    database_gone() {
        ! ls -d "$work"/tmp/interleave-postgres-* >/dev/null 2>&1 && [ -n "$(gone)" ] && echo gone
    }
    await database_gone
    ok $? "a harness that is killed takes its cluster along"
    no_database_runs "a harness that is killed"
    unset TMPDIR
else
    n=$((n + 1))
    echo "ok $n - runs with a database # SKIP $(scripts/postgres check)"
fi

# Without PostgreSQL (its programs cannot be found) the scenario says so and goes on.
mkdir -p "$work/bare/scripts" "$work/bare/build"
printf '#!/bin/sh\necho "PostgreSQL is not installed"\nexit 1\n' >"$work/bare/scripts/postgres"
chmod +x "$work/bare/scripts/postgres"
interleave=$(realpath "$INTERLEAVE")
(cd "$work/bare" && exec "$interleave" bench "$work/tiny-database.json" "$work/tiny-wait.json" \
    --models event-loop --seed 5 --out "$work/without" >"$work/out" 2>"$work/err")
grep -q 'not testable here: PostgreSQL is not installed' "$work/out"
ok $? "without PostgreSQL: not testable here, and why"
holds "$(figure "$work/without" tiny-wait event-loop throughput_rps) > 0" "and the run goes on"

# ---- a worker of several that dies --------------------------------------------------------

# Under a neighbour's load the death may come after the window, or the generator stand
# still: such a run says nothing of the loss, and is made again.
lose_a_worker() { # sets $workers, $trial, $status
    for _ in 1 2 3 4 5; do
        rm -rf "$work/loss"
        start "$work/loss.json" --models cluster:processes=2 --out "$work/loss"
        await children_of_run load && sleep 1
        workers=$(ps -o pid= --ppid "$(children_of_run serve)")
        kill -9 "$(head -n 1 <<<"$workers" | tr -d ' ')"
        finish
        trial=$(first_trial "$work/loss")
        perl -MJSON::PP -0ne '$t = decode_json($_);
            exit !($t->{load}{counts}{net_error} >= 1 &&
                   !grep { $_->{severity} eq "invalid" && $_->{code} !~ /^(errors|restarts)$/ } @{$t->{flags}})' \
            "$trial" && return
    done
}

for tolerated in '' '"errors", "restarts"'; do
    cat >"$work/loss.json" <<JSON
{ "name": "loss", "title": "A loss", "question": "What is lost with a worker?", "family": "io",
  "requests": [{ "path": "/wait:200ms" }], "tolerates": [$tolerated],
  "quick_duration": "4s",
  "load": { "connections": 8, "warmup": "100ms", "duration": "8s" } }
JSON
    lose_a_worker
    [ "$(wc -l <<<"$workers")" -eq 2 ] &&
        perl -MJSON::PP -0ne '$t = decode_json($_); $c = $t->{load}{counts};
            exit !($t->{server}{stats}{restarts} == 1 && $c->{net_error} >= 1 &&
                   $c->{net_error} <= 4 && $c->{http_error} == 0 && $c->{timeout} == 0)' "$trial"
    ok $? "a worker's death loses what it had in hand, of half the clients at most"
    grep -q '"code":.*"restarts"' "$trial"
    ok $? "it is told"
    # Of its flag: a busy machine makes the trial invalid all the same.
    severity=$(perl -MJSON::PP -0ne 'for (@{decode_json($_)->{flags}}) {
        print $_->{severity} if $_->{code} eq "restarts" }' "$trial")
    [ "$severity" = "$([ -n "$tolerated" ] && echo warning || echo invalid)" ]
    ok $? "and counts as the scenario says (tolerates [$tolerated])"
    grep -q 'restarts' "$work/loss/comparison.md"
    ok $? "the table has a column for it"
    nothing_runs "a lost worker"
done

# ---- interrupting and resuming ------------------------------------------------------------

start "$work/long.json" --models event-loop --repeat 2 --seed 9 --out "$work/resumed"
await first_trial "$work/resumed" && sleep 0.5 && kill -INT "$run"
finish
[ $status -eq 130 ] && grep -q "bench --resume $work/resumed" "$work/err"
ok $? "Ctrl-C: exit 130 and the command to go on (exit $status)"
nothing_runs "Ctrl-C"
first=$(find "$work/resumed/trials" -mindepth 1 -maxdepth 1 -printf '%f\n' | head -n 1)
before=$(stat -c %Y%i "$work/resumed/trials/$first/trial.json")
trial_count() { find "$work/resumed/trials" -mindepth 1 -maxdepth 1 | wc -l; }
done_before=$(trial_count)
holds "$done_before >= 1 && $done_before < 4" "some trials are missing"
grep -q 'not measured yet' "$work/resumed/comparison.csv" ||
    [ "$(awk -F, '$7=="throughput_rps"' "$work/resumed/comparison.csv" | wc -l)" -eq 1 ]
ok $? "what is there can be read"
sed -i 's/"threads_max":.*,/"threads_max":\t7,/' "$work/resumed/environment.json"
begun=$(cat "$work/resumed"/{environment,warnings}.json)
start --resume "$work/resumed"
finish
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "resuming ends well (exit $status)"
[ "$begun" = "$(cat "$work/resumed"/{environment,warnings}.json)" ] &&
    grep -q 'gone on with: kernel.threads_max: 7 before, ' "$work/err" &&
    tr -s ' \n' ' ' <"$work/resumed/comparison.md" | grep -q 'gone on with: kernel.threads_max: 7 before, '
ok $? "the machine is recorded as it was at the beginning, and what is another now is told"
[ "$(trial_count)" -eq 4 ] &&
    [ "$before" = "$(stat -c %Y%i "$work/resumed/trials/$first/trial.json")" ]
ok $? "it did what was missing and nothing else"

# Another build: the same program, with a byte behind it that its hash alone knows of.
cp "$INTERLEAVE" "$work/another-build"
printf x >>"$work/another-build"
hash() { sha256sum "$1" | cut -c 1-12; }
rm -r "$work"/resumed/trials/02-*
sums() { (cd "$work/resumed" && find . -type f -exec sha256sum {} + | sort); }
sums >"$work/sums.before"
own=$INTERLEAVE
INTERLEAVE=$work/another-build
start --resume "$work/resumed"
finish
sums >"$work/sums.after"
[ $status -eq 2 ] && grep -q "binary $(hash "$INTERLEAVE")) instead of .*binary $(hash "$own")).*--force" "$work/err" &&
    cmp -s "$work/sums.before" "$work/sums.after"
ok $? "another build is not gone on with, and nothing is touched (exit $status)"
start --resume "$work/resumed" --force
finish
[ $status -eq 0 ] || [ $status -eq 3 ]
ok $? "it is with --force (exit $status)"
perl -MJSON::PP -0ne '$t = decode_json($_); $sum = $t->{origin}{binary_sha256}; $n{$sum}++;
    $other++ if $sum ne $t->{load}{runs}[0]{binary_sha256};
    END { exit !(join(" ", sort values %n) eq "2 2" && !$other) }' "$work"/resumed/trials/*/trial.json
ok $? "each trial has the hash of what ran it, its generator included"
tr -s ' \n' ' ' <"$work/out" | grep -q 'Trials of 2 origins are in this run: 2 of what began it; 2 of build' &&
    grep -q 'Trials of 2 origins' "$work/resumed/comparison.md" &&
    grep -q '"origins":.*Trials of 2 origins' "$work/resumed/comparison.json" &&
    grep -q 'event-loop,.*other_build' "$work/resumed/comparison.csv"
ok $? "and every format says that the run is mixed"
INTERLEAVE=$own
start --force --models event-loop --out "$work/never"
finish
[ $status -eq 2 ] && [ ! -e "$work/never" ]
ok $? "there is nothing else to force"
sed -i 's/"kernel":.*$/"kernel":\t"2.6.32"/' "$work/resumed/manifest.json"
start --resume "$work/resumed" --force
finish
[ $status -eq 2 ] && grep -q 'kernel .* instead of 2.6.32' "$work/err"
ok $? "another machine is never gone on with (exit $status)"
sed -i 's/"kernel":.*$/"kernel":\t"'"$(uname -r)"'"/' "$work/resumed/manifest.json"
sed -i 's/"repeat":\t2/"repeat":\t3/' "$work/resumed/config.json"
start --resume "$work/resumed"
finish
[ $status -eq 2 ] && grep -q 'changed since the run was begun' "$work/err"
ok $? "a changed configuration is not resumed"

# ---- others disturb ----------------------------------------------------------------------------

hogs=()
for _ in $(seq $((2 * $(nproc)))); do
    timeout 60 sh -c 'while :; do :; done' &
    hogs+=($!)
done
attempts=2 start "$work/tiny-wait.json" --models iterative,event-loop,epoll,async-await --repeat 1 \
    --out "$work/disturbed"
finish
kill "${hogs[@]}"
wait "${hogs[@]}" 2>/dev/null
attempts_of() { # FOLDER...: the attempts that trials are, each once
    perl -MJSON::PP -0ne '$n{decode_json($_)->{attempt}}++; END { print join " ", sort keys %n }' "$@"
}
[ "$(attempts_of "$work"/disturbed/disturbed/*.1/trial.json)" = 1 ] &&
    [ "$(attempts_of "$work"/disturbed/trials/*/trial.json)" = "1 2" ]
ok $? "a disturbed trial is made again, as long as the time of two allows (exit $status)"
grep -q '2 of 4 trials were made again' "$work/err" &&
    tr -s ' \n' ' ' <"$work/out" | grep -q '2 of 4 trials were made again, .*disturbed/' &&
    grep -q '"repeated":.*made again' "$work/disturbed/comparison.json" &&
    grep -q 'made again' "$work/disturbed/comparison.md"
ok $? "and every format says so"
(cd "$work/disturbed" && sha256sum --quiet -c SHA256SUMS)
ok $? "what was measured then is among the sums"

# ---- refusals --------------------------------------------------------------------------------

refused() { # NAME PATTERN ARGUMENTS...
    local name=$1 pattern=$2
    shift 2
    start "$@" --out "$work/never"
    finish
    [ $status -eq 2 ] && grep -q -- "$pattern" "$work/err" && [ ! -e "$work/never" ]
    ok $? "$name: exit 2, nothing begun"
}
sed 's/"title"/"titel"/' "$work/tiny-wait.json" >"$work/bad.json"
refused "an unknown key" "bad.json:1:[0-9]*: .*did you mean \"title\"" "$work/bad.json"
refused "an unknown scenario" 'did you mean "hello"' helo
refused "an unknown model" 'did you mean "event-loop"' "$work/tiny-wait.json" --models event-lop
refused "an unknown option of a model" 'unknown option "thread"' "$work/tiny-wait.json" \
    --models thread-pool:thread=4
refused "an option of another model" 'unknown option "threads"; there are cpu, blocking' \
    "$work/tiny-wait.json" --models event-loop:threads=3
refused "a value that is no number" 'event-loop:uv-pool=abc: uv-pool: expected a whole number.*"abc"' \
    "$work/tiny-wait.json" --models event-loop:uv-pool=abc
refused "a value out of its range" 'uv-pool: .* from 1 to 1024, got "99999999"' \
    "$work/tiny-wait.json" --models event-loop:uv-pool=99999999
refused "two scenarios of one name" "that of .* already" "$work/tiny-wait.json" "$work/tiny-wait.json"
refused "options beside --resume" "takes everything from its folder" --resume "$work/table"

finish_tests

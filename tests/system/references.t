#!/usr/bin/env bash
# Servers of others as rows of a comparison: those that come with the program, where they
# are installed, and one of our own that is described by a file. Each has to do what it
# claims with the digests of our models, and is gone when its trial ends.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/bench_test.sh
chmod 755 "$work" # servers that root starts read their pages as someone else
mkdir -m 755 "$work/tmp"
export TMPDIR=$work/tmp

session_has() { # PATTERN: whether the run has a process with this command line
    grep -q "$1" < <(ps -o args= -s "$run")
}
nothing_is_left() { # NAME
    for _ in $(seq 50); do
        [ -n "$(ps -o pid= -s "$run")" ] || break
        sleep 0.1
    done
    [ -z "$(ps -o pid= -s "$run")" ] && [ -z "$(ls "$TMPDIR")" ]
    ok $? "$1 leaves no process and no folder behind"
}
# Its runs have one scenario each.
figure() { # DIR MODEL METRIC
    awk -F, -v m="$2" -v f="$3" '$5==m && $7==f {print $9}' "$1/comparison.csv"
}
row_note() { # DIR MODEL: status and note of a row without figures
    awk -F, -v m="$2" '$5==m && $7=="" {print $6 ": " $17}' "$1/comparison.csv"
}

scenario() { # NAME REQUESTS [MORE]
    cat >"$work/$1.json" <<JSON
{ "name": "$1", "title": "t", "question": "q?", "family": "io", "requests": [$2],
  "load": { "connections": 4, "warmup": "200ms", "duration": "1s" },
  "quick_duration": "1s", "server": { "cpus": 1, "options": { "threads": 3 } } ${3:-} }
JSON
}
# In a second each thread ends at most 51 waits of 20 ms.
scenario wait '{ "path": "/wait:20ms" }'
scenario hello '{ "path": "/" }'
sed -i 's/, "options": { "threads": 3 }//' "$work/hello.json"
scenario long '{ "path": "/wait:20ms" }'
sed -i 's/"duration": "1s"/"duration": "30s"/; s/"quick_duration": "1s",//' "$work/long.json"

# ---- a server that a file describes: one of ours, as if it were not ------------------------

cat >"$work/mine.json" <<JSON
{ "name": "mine", "summary": "a pool", "command": "$INTERLEAVE",
  "version": ["--version"],
  "arguments": ["serve", "--model", "thread-pool", "--listen", "127.0.0.1:{port}",
                "--threads", "{threads}", "--stats", "{stats}", "--data", "{data}"],
  "environment": { "FOLDER": "{folder}" },
  "files": { "note.conf": ["{ as it is }", "{cpus} {threads}"] },
  "ready": { "path": "/" }, "steps": ["wait", "spin"], "flags": ["threads"],
  "options": [{ "name": "threads", "default": "16", "help": "how many" }] }
JSON
sed 's/"name": "mine"/"name": "other"/; s/"--stats", "{stats}", //; s/"{stats}", //' "$work/mine.json" |
    sed 's/"ready": { "path": "\/" }/"ready": { "line": "listening on " }/' >"$work/other.json"

overlaps_as_told() {
    awk "BEGIN { exit !($(figure "$work/mine" mine throughput_rps) > 110 &&
                        $(figure "$work/mine" other throughput_rps) > 110) }"
}
bench_until overlaps_as_told "$work/mine" "$work/wait.json" --models event-loop,mine:threads=2 \
    --external "$work/mine.json" --external "$work/other.json" --repeat 1 --seed 5
has_measured
ok $? "a run with servers that files describe ends well (exit $status)"
nothing_is_left "a run with servers that files describe"
holds "$(figure "$work/mine" mine:threads=2 throughput_rps) < 105" "an option of its own: 2 threads"
holds "$(figure "$work/mine" mine throughput_rps) > 110 && $(figure "$work/mine" mine throughput_rps) < 155" \
    "else the scenario's: 3 threads"
holds "$(figure "$work/mine" other throughput_rps) > 110" "it may leave no statistics"
trial=$work/mine/trials/01-wait-mine
[ "$(cat "$trial/note.conf")" = '{ as it is }
1 3' ]
ok $? "its files are written, with their placeholders filled in"
[ "$(field "$trial/trial.json" commands server_environment 0)" = "FOLDER=$work/mine/trials/.partial-01-wait-mine" ]
ok $? "what was set in its environment is recorded"
[ "$(field "$trial/trial.json" server stats requests)" -gt 0 ]
ok $? "its statistics are taken over"
[ "$(field "$trial/scenario.json" requests 0 digest)" = 00000000 ] &&
    [ "$(field "$work/mine/trials/01-wait-event-loop/scenario.json" requests 0 digest)" = 00000000 ]
ok $? "its replies are held against the digest of ours, and so are ours"
grep -q '^mine (reference) ' "$work/out" && grep -q '^| mine (reference) ' "$work/mine/comparison.md" &&
    grep -qE '^wait,io,,,mine,(measured|invalid),.*,reference,' "$work/mine/comparison.csv" &&
    grep -qE '^wait,io,,,event-loop,(measured|invalid),.*,model,' "$work/mine/comparison.csv" &&
    grep -q '"kind":.*"reference"' "$work/mine/comparison.json"
ok $? "it is called a reference in every table"
grep -q 'Servers of others: mine (interleave ' "$work/out"
ok $? "its version is told"
cp -r "$work/mine" "$work/again"
"$INTERLEAVE" report "$work/again" >"$work/out.again"
diff "$work/out" "$work/out.again" >/dev/null && diff -r "$work/mine" "$work/again" >/dev/null
ok $? "report makes the same of it, without the file"
rm -rf "$work/again/trials/01-wait-mine"
bench --resume "$work/again"
has_measured && [ -e "$work/again/trials/01-wait-mine/trial.json" ]
ok $? "and so does --resume (exit $status)"
rm -rf "$work/again/trials/01-wait-mine"
sed -i 's/"version":\t"interleave [^"]*"/"version":\t"interleave 0.0.9"/' "$work/again/config.json"
sed -i "s/\"config_sha256\":.*$/\"config_sha256\":\t\"$(sha256sum "$work/again/config.json" | cut -d ' ' -f 1)\",/" \
    "$work/again/manifest.json"
bench --resume "$work/again"
[ "$status" -eq 2 ] && grep -q 'mine is of version interleave .*, and was interleave 0.0.9 when' "$work/err" &&
    [ ! -e "$work/again/trials/01-wait-mine" ]
ok $? "but not of another version of it (exit $status)"

# ---- what cannot be compared is told ---------------------------------------------------------

scenario unknown '{ "path": "/gzip:1KiB" }'
sed 's/"name": "mine"/"name": "absent"/; s|"command": "[^"]*"|"command": "no-such-server"|' \
    "$work/mine.json" | sed 's/"summary"/"install": "ask its author", "summary"/' >"$work/absent.json"
bench "$work/unknown.json" --models event-loop --external "$work/mine.json" \
    --external "$work/absent.json" --repeat 1 --out "$work/unknown"
has_measured && [ "$(row_note "$work/unknown" mine)" = "not testable here: mine does not know the step gzip" ]
ok $? "a step that it does not know"
[ "$(row_note "$work/unknown" absent)" = "not testable here: no-such-server is not installed (ask its author)" ]
ok $? "a program that is not there"

refuse() { # WHAT MESSAGE ARGUMENTS...: exit 2, one line, nothing begun
    bench "${@:3}" --out "$work/never"
    [ "$status" -eq 2 ] && grep -q -- "$2" "$work/err" && [ ! -e "$work/never" ]
    ok $? "$1 (exit $status)"
}
sed 's/"summary"/"sumary"/' "$work/mine.json" >"$work/typo.json"
refuse "a mistake in the file" "typo.json:1:19: sumary: unknown key" "$work/wait.json" --external "$work/typo.json"
refuse "a name that is taken" 'a contender "mine" already' "$work/wait.json" \
    --external "$work/mine.json" --external "$work/mine.json"
refuse "a choice that there is not" 'expected one of loop, uv-pool' "$work/wait.json" --models node-http:cpu=pool
refuse "a name like that of a reference" 'did you mean "nginx"' "$work/wait.json" --models ngix

sed 's/"wait", "spin"/"spin"/; s|"path": "/"|"path": "/nothing:1", "within": "1s"|' "$work/mine.json" >"$work/unready.json"
scenario spin '{ "path": "/spin:1k" }'
bench "$work/spin.json" --models event-loop --external "$work/unready.json" --repeat 1 --out "$work/unready"
[ "$status" -eq 1 ] && grep -q '"reason":.*the server did not start: not listening after 1 s' \
    "$work"/unready/trials/*mine/trial.json
ok $? "one that never gets ready has failed, and says why (exit $status)"
nothing_is_left "one that never gets ready"

# ---- whatever way it ends ----------------------------------------------------------------------

# A server with a child that takes no notice of its end.
sed 's|"command": "[^"]*"|"command": "bash"|; s|"arguments": \["serve"|"arguments": ["-c", "sleep 1000 \& exec \\"$@\\"", "sh", "'"$INTERLEAVE"'", "serve"|' \
    "$work/mine.json" >"$work/litter.json"
bench "$work/wait.json" --models event-loop --external "$work/litter.json" --repeat 1 --out "$work/litter"
[ "$status" -eq 1 ] && grep -q '"reason":.*left processes behind' "$work"/litter/trials/*mine/trial.json
ok $? "one that leaves a process behind has failed (exit $status)"
nothing_is_left "one that leaves a process behind"

for signal in INT KILL; do
    start "$work/long.json" --models mine --external "$work/litter.json" --out "$work/ended-$signal"
    for _ in $(seq 100); do
        session_has '^interleave load ' && break
        sleep 0.1
    done
    session_has '^sleep 1000'
    ok $? "the server and its child are there"
    kill -"$signal" "$run"
    wait "$run" 2>/dev/null
    for _ in $(seq 100); do
        [ -n "$(ps -o pid= -s "$run")" ] || break
        sleep 0.1
    done
    [ -z "$(ps -o pid= -s "$run")" ]
    ok $? "SIG$signal to the harness ends them all"
done
rm -rf "$TMPDIR" && mkdir -m 755 "$TMPDIR" # a harness that is killed removes nothing

# ---- the references that come with the program ---------------------------------------------------

"$INTERLEAVE" references --json >"$work/references.json"
mapfile -t names < <(grep -oP '^\t{0,2}"name":\t"\K[a-z0-9-]+' "$work/references.json")
[ ${#names[@]} -ge 7 ] && [ ${#names[@]} -eq "$(($("$INTERLEAVE" references | wc -l) - 2))" ]
ok $? "references lists those that come with the program (${names[*]})"
for name in "${names[@]}"; do
    ! "$INTERLEAVE" models | grep -q "^$name "
    ok $? "$name is not taken for a model of ours"
done

index_of() { # NAME
    local i
    for i in "${!names[@]}"; do [ "${names[$i]}" != "$1" ] || echo "$i"; done
}
skip_reason() { field "$work/references.json" "$(index_of "$1")" why; } # null: it can run
has_flag() { field "$work/references.json" "$(index_of "$1")" flags | grep -q "\"$2\""; }

here=() same=() proxies=()
for name in "${names[@]}"; do
    why=$(skip_reason "$name")
    if [ "$why" != null ]; then
        skip "$name serves the greeting" "$why"
        continue
    fi
    here+=("$name")
    if has_flag "$name" proxy; then
        proxies+=("$name")
    elif ! has_flag "$name" plaintext; then
        same+=("$name")
    fi
done
all_greet() {
    local name
    for name in "${here[@]}"; do
        awk "BEGIN { exit !($(figure "$work/hello" "$name" throughput_rps) > 0) }" || return 1
    done
}
bench_until all_greet "$work/hello" "$work/hello.json" \
    --models "event-loop$(printf ',%s' "${here[@]}")" --repeat 1
has_measured
ok $? "a run of ${#here[@]} references ends well (exit $status)"
nothing_is_left "a run of all references"
for name in "${here[@]}"; do
    holds "$(figure "$work/hello" "$name" throughput_rps) > 0 && $(figure "$work/hello" "$name" errors) == 0" \
        "$name serves the greeting"
    [ "$(field "$work/hello/trials/01-hello-$name/trial.json" server end)" = "exit code 0" ]
    ok $? "$name ends well when it is asked to"
done

# A proxy hands on what its backend says; its replies are held against that.
scenario gateway '{ "path": "/fetch:wait=5ms", "class": "one" }, { "path": "/fetch:", "class": "none" },
    { "path": "/fetch:spin=1k,json=3,bytes=100", "class": "three" }' ', "backend": { "model": "event-loop" }'
[ ${#proxies[@]} -gt 0 ] || skip "proxies hand replies on" "$(skip_reason nginx)"
for name in "${proxies[@]}"; do
    all_handed_on() {
        awk "BEGIN { exit !($(figure "$work/gateway" "$name" class.one.throughput_rps) > 0 &&
                            $(figure "$work/gateway" "$name" class.none.throughput_rps) > 0 &&
                            $(figure "$work/gateway" "$name" class.three.throughput_rps) > 0) }"
    }
    bench_until all_handed_on "$work/gateway" "$work/gateway.json" --models "event-loop,$name" --repeat 1
    has_measured && all_handed_on
    ok $? "$name hands on replies to paths of no, one and several steps (exit $status)"
    holds "$(figure "$work/gateway" "$name" errors) == 0" "$name: every digest is that of its backend"
    trial=$work/gateway/trials/01-gateway
    told=$(field "$trial-$name/scenario.json" requests 2 digest)
    ours=$(field "$trial-event-loop/scenario.json" requests 2 digest)
    [[ $told =~ ^[0-9a-f]{8}$ ]] && [[ $ours =~ ^[0-9a-f]{8}$ ]] && [ "$told" != "$ours" ]
    ok $? "$name: held against its backend's digest ($told), ours against their own ($ours)"
    grep -q "^$name (reference, proxy)  " "$work/out"
    ok $? "$name is called a proxy"
    sed "s/\"name\": \"$name\"/\"name\": \"misleading\"/; s|/\$1 break|/wait:1ms break|" \
        "servers/reference/$name.json" >"$work/misleading.json"
    is_found() { [ "$(field "$work/misled/trials/01-gateway-misleading/trial.json" load counts bad_body)" -gt 0 ]; }
    bench_until is_found "$work/misled" "$work/gateway.json" --models event-loop \
        --external "$work/misleading.json" --repeat 1
    is_found
    ok $? "$name: a reply to another path is found out"
    scenario beyond '{ "path": "/fetch:/json:3" }' ', "backend": { "model": "event-loop" }'
    bench "$work/beyond.json" --models "event-loop,$name" --repeat 1 --out "$work/beyond"
    grep -q "not testable here: $name serves \"/\" and hands \"/fetch:...\" on" "$work/beyond/comparison.md"
    ok $? "$name: what it cannot do is told"
done

# A class for every step, with the example that the step has; fetch asks a backend.
steps_of() { # NAME
    field "$work/references.json" "$(index_of "$1")" external steps | tr -d '[]"' | tr , ' '
}
requests_for() { # NAME
    local step example
    for step in $(steps_of "$1"); do
        example=$("$INTERLEAVE" ops --json | grep -A9 "\"name\":.*\"$step\"" | grep -m 1 -oP '"example":\t"\K[^"]+')
        [ "$step" != fetch ] || example=spin=1k,json=3
        # A time that may be drawn is.
        ! "$INTERLEAVE" ops --json | grep -A9 "\"name\":.*\"$step\"" |
            grep -m 1 '"argument":' | grep -qF '[~exp]' || example+='~exp'
        echo "{ \"path\": \"/$step:$example\", \"class\": \"$step\" },"
    done | sed '$s/,$//'
}
if [ ${#same[@]} -eq 0 ]; then
    skip "references do the same work" "$(skip_reason node-http)"
    finish_tests
    exit 0
fi
scenario steps "$(requests_for "${same[0]}")" ', "backend": { "model": "event-loop" }'
contenders=(event-loop "${same[@]}" node-http:cpu=uv-pool node-cluster:processes=2:scheduling=none)
every_step_is_served() {
    local contender step
    for contender in "${contenders[@]}"; do
        for step in $(steps_of "${same[0]}"); do
            awk "BEGIN { exit !($(figure "$work/steps" "$contender" "class.$step.throughput_rps") > 0) }" ||
                return 1
        done
    done
}
bench_until every_step_is_served "$work/steps" "$work/steps.json" \
    --models "$(IFS=,; echo "${contenders[*]}")" --repeat 1
has_measured
ok $? "a run of every step ends well (exit $status)"
nothing_is_left "a run of every step"
[ "$(grep -c '"digest":' "$work"/steps/trials/01-steps-node-http/scenario.json)" -ge 10 ]
ok $? "every step has a digest that it is held against"
for contender in "${contenders[@]}"; do
    holds "$(figure "$work/steps" "$contender" errors) == 0" "$contender: every digest is that of ours"
    for step in $(steps_of "${same[0]}"); do
        holds "$(figure "$work/steps" "$contender" "class.$step.throughput_rps") > 0" "$contender: $step"
    done
done

# The comparison can fail: a server that computes something else is found out.
cp -r servers/reference "$work/wrong"
sed -i 's/state ^= state << 5;/state ^= state << 6;/' "$work/wrong/ops.js"
sed 's/"name": "node-http"/"name": "wrong"/' servers/reference/node-http.json >"$work/wrong/wrong.json"
is_found() { [ "$(field "$work/found/trials/01-spin-wrong/trial.json" load counts bad_body)" -gt 0 ]; }
bench_until is_found "$work/found" "$work/spin.json" --models event-loop --external "$work/wrong/wrong.json" --repeat 1
is_found && [ "$(field "$work/found/trials/01-spin-wrong/trial.json" load counts ok)" -eq 0 ]
ok $? "a server that computes something else has no good reply"

# ---- loops tell how busy and how late they were ---------------------------------------------------

scenario lag '{ "path": "/wait:5ms", "class": "light" }, { "path": "/spin:20ms", "class": "cpu" }'
# Two replies can have been computed before the window; the third was computed in it. What a
# loop tells in that time can come too late for it, too.
has_computed() {
    local name
    awk "BEGIN { exit !($(figure "$work/lag" node-http class.cpu.throughput_rps) > 2.5) }" || return 1
    for name in "${loops_of_node[@]}"; do
        awk "BEGIN { exit !($(figure "$work/lag" "$name" loop_lag_max_ns) >= 0) }" || return 1
    done
}
loops_of_node=(node-http node-workers:workers=1 node-cluster:processes=2)
bench_until has_computed "$work/lag" "$work/lag.json" --repeat 1 \
    --models "event-loop,$(IFS=,; echo "${loops_of_node[*]}")"
has_measured
ok $? "a run with computing on loops ends well (exit $status)"
for name in "${loops_of_node[@]}"; do
    busy=$(figure "$work/lag" "$name" loop_utilisation)
    holds "${busy:-0} > 0 && ${busy:-9} <= 1" "$name tells how busy its loop is"
    holds "$(figure "$work/lag" "$name" loop_lag_max_ns) >= $(figure "$work/lag" "$name" loop_lag_p99_ns)" \
        "$name tells how late it is"
done
holds "$(figure "$work/lag" node-http loop_lag_max_ns) > 10e6" "computing on the loop makes it late"
grep -q 'loop busy' "$work/lag/comparison.md" && grep -q 'lag p99' "$work/out"
ok $? "the tables have it"
finish_tests

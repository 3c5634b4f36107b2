#!/usr/bin/env bash
# serve.t - the commands serve, models and ops, as a user meets them.
# shellcheck disable=SC2016,SC2317 # Perl in single quotes; functions called through ok
set -u
interleave=${INTERLEAVE:-build/interleave}
work=$(mktemp -d)
mkdir "$work/tmp"
export TMPDIR=$work/tmp
number=0
failed=0
server=

finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

# ok NAME COMMAND...: a test that passes when the command does.
ok() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        failed=1
    fi
}

skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# start ARGUMENT...: a server; sets server (its pid) and url.
start() {
    : >"$work/out"
    "$interleave" serve --listen 127.0.0.1:0 "$@" >"$work/out" 2>"$work/err" &
    server=$!
    url=
    while [ -z "$url" ]; do
        kill -0 "$server" 2>/dev/null || break
        url=$(sed -n 's/^listening on //p' "$work/out")
        [ -n "$url" ] || sleep 0.02
    done
}

# stop: ends it with SIGTERM; the result is its exit code.
stop() {
    kill -TERM "$server"
    wait "$server"
    local code=$?
    server=
    return $code
}

# exits CODE ARGUMENT...: runs the program, output to $work/out and $work/err.
exits() {
    local code=$1
    shift
    "$interleave" "$@" >"$work/out" 2>"$work/err" </dev/null
    [ $? -eq "$code" ]
}

says() { grep -qF -- "$1" "$work/err"; }
prints() { grep -qF -- "$1" "$work/out"; }
one_line() { [ "$(wc -l <"$work/err")" -eq 1 ]; }
json_ok() { perl -MJSON::PP -0777 -ne 'decode_json($_)' "$1" 2>"$work/err"; }
# json_is FILE EXPRESSION: a Perl expression over $d, the decoded file.
json_is() { perl -MJSON::PP -0777 -ne 'my $d = decode_json($_); exit !('"$2"')' "$1"; }
answers() { [ "$(curl -s "$url$1")" = "$2" ]; }
status_is() { [ "$(curl -s -o /dev/null -w '%{http_code}' "${@:2}")" = "$1" ]; }

# ---- listings ------------------------------------------------------------------------

ok "models lists" exits 0 models
ok "... event-loop among them" prints "event-loop"
ok "models --json" exits 0 models --json
cp "$work/out" "$work/models.json"
ok "... is JSON" json_ok "$work/models.json"
ok "... with names, flags, options and support" json_is "$work/models.json" \
    '!grep { !$_->{name} || !$_->{summary} || ref $_->{flags} ne "ARRAY"
        || ref $_->{options} ne "ARRAY" || !exists $_->{why}
        || !defined $_->{supported} } @$d'
models=$(perl -MJSON::PP -0777 -ne \
    'print "$_->{name}\n" for grep { $_->{supported} } @{decode_json($_)}' "$work/models.json")
ok "ops lists" exits 0 ops
ok "... with examples" prints "/wait:5ms"
ok "ops --json" exits 0 ops --json
ok "... is JSON" json_ok "$work/out"
ok "... with kind, argument, library and what Node.js does" json_is "$work/out" \
    '@$d && !grep { !$_->{name} || !$_->{kind} || !$_->{summary} || !$_->{argument}
        || !$_->{example} || !$_->{library} || !$_->{node} } @$d'

ok "ops --calibrate measures named steps" exits 0 ops --calibrate --json spin:20k gzip:16KiB
ok "... in microseconds" json_is "$work/out" \
    '$d->{schema_version} == 1 && @{$d->{steps}} == 2 && $d->{steps}[1]{step} eq "gzip:16KiB"
        && !grep { !($_->{cpu_us} > 0) || $_->{wall_us_min} > $_->{wall_us}
            || $_->{wall_us} > $_->{wall_us_max} || defined $_->{why} } @{$d->{steps}}'
ok "... and fails for one that cannot run" exits 1 ops --calibrate spin:20k scrypt:3
ok "... saying which" says "scrypt:3: step 1: scrypt: expected a power of two"
ok "... and leaves no folder" test -z "$(ls "$TMPDIR")"
ok "steps are for --calibrate" exits 2 ops spin:20k

# ---- refusals ------------------------------------------------------------------------

ok "serve --help" exits 0 serve --help
ok "... shows the options of a model" prints "Options of thread-pool:"
ok "a model is needed" exits 2 serve
ok "... and it says so" says "--model is needed"
ok "an unknown model is refused" exits 2 serve --model event-lop
ok "... with a suggestion" says 'did you mean "event-loop"?'
ok "an option of another model is refused" exits 2 serve --model event-loop --threads 4
ok "... naming that model" says "thread-pool"
ok "... in one line" one_line
ok "a bad value is refused" exits 2 serve --model event-loop --uv-pool many
ok "a pool without threads is refused" exits 2 serve --model thread-pool --threads 0
for address in 8080 127.0.0.1:99999 127.0.0.1:65537; do
    ok "a bad address is refused: $address" exits 2 serve --model event-loop --listen $address
done
ok "... with an example" says "127.0.0.1:8080"
ok "a bad CPU list is refused" exits 2 serve --model event-loop --cpus x
ok "a cap beyond the descriptors is refused" \
    exits 2 serve --model event-loop --listen 127.0.0.1:0 --max-connections 1000000
ok "... naming both" says "limit of open files"
ok "a data folder that takes no files is refused" \
    exits 1 serve --model event-loop --listen 127.0.0.1:0 --data /proc
ok "... in one line" one_line
mkdir "$work/broken"
echo "no database" >"$work/broken/users.sqlite"
ok "a broken database is refused" \
    exits 1 serve --model event-loop --listen 127.0.0.1:0 --data "$work/broken"
ok "... naming it" says "users.sqlite: file is not a database"
ok "an unknown place for CPU steps is refused" exits 2 serve --model event-loop --cpu pool
ok "an upstream that is no URL is refused" \
    exits 2 serve --model event-loop --listen 127.0.0.1:0 --upstream 127.0.0.1:1
ok "... with an example" says "http://127.0.0.1:8080"
ok "an upstream that is not there is told at start" \
    exits 1 serve --model event-loop --listen 127.0.0.1:0 --upstream http://127.0.0.1:1
ok "... naming it" says "cannot reach http://127.0.0.1:1: Connection refused"
ok "a database that is not there is told at start" \
    exits 1 serve --model event-loop --listen 127.0.0.1:0 --pg "host=$work/nowhere"
ok "... naming it" says "$work/nowhere"
ok "... in one line" one_line
ok "a refused start leaves no folder" test -z "$(ls "$TMPDIR")"

# ---- serving -------------------------------------------------------------------------

start --model event-loop --stats "$work/stats.json" --cpus 0
ok "it greets" answers / "Hello, World!"
ok "it runs a program" answers /wait:1ms/spin:1 "$(curl -s "$url/spin:1")"
ok "it serves a file it made" status_is 200 "$url/file:100kB"
ok "its files are in a private folder" test -n "$(ls "$TMPDIR"/interleave-*/content-100000)"
ok "a busy address is refused" exits 1 serve --model event-loop --listen "${url#http://}"
ok "... saying why" says "Address already in use"
ok "HEAD has no body" test "$(curl -sI "$url/bytes:1MiB" | grep -c 'Content-Length: 1048576')" -eq 1
ok "an error is answered" status_is 400 "$url/nonsense:1"
ok "SIGTERM ends it well" stop
ok "the private folder is gone" test -z "$(ls "$TMPDIR")"
ok "the statistics are JSON" json_ok "$work/stats.json"
ok "... with what was counted" json_is "$work/stats.json" \
    '$d->{schema_version} == 1 && $d->{model} eq "event-loop" && $d->{requests} == 6
        && $d->{errors} == 1 && $d->{accepted} == 6 && $d->{refused} == 0
        && $d->{drained} && $d->{per_worker}[0]{role} eq "loop"'

start --model event-loop-workers --stats 3 --cpus 0 3>"$work/stats3.json"
ok "with --cpus 0 it serves" answers / "Hello, World!"
stop
ok "cores is then 1, and statistics go to a descriptor" json_is "$work/stats3.json" \
    '(grep { $_->{role} eq "worker" } @{$d->{per_worker}}) == 1'

start --model thread-pool --data "$work/data/deep"
ok "a data folder is made" status_is 200 "$url/file:1000"
stop
ok "... and kept" test -s "$work/data/deep/content-1000"

if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
    start --model thread-per-connection --listen '[::1]:0'
    ok "IPv6 works" answers / "Hello, World!"
    ok "... and is shown in brackets" test "${url#http://\[::1\]:}" != "$url"
    stop
else
    skip "IPv6 works" "no IPv6 loopback here"
    skip "... and is shown in brackets" "no IPv6 loopback here"
fi

start --model thread-per-connection --drain-timeout 100ms --stats "$work/abandoned.json"
# Both requests come in one piece (the shell's own printf writes line by line), so that the
# second is in hand when the first one's answer is here.
exec 5<>"/dev/tcp/127.0.0.1/${url##*:}"
env printf 'GET %s HTTP/1.1\r\nHost: t\r\n\r\n' / /wait:1h >&5
read -r _ <&5
ok "a drain that takes too long ends" stop
exec 5>&-
ok "... and is told apart" json_is "$work/abandoned.json" '!$d->{drained}'
ok "... and leaves no folder" test -z "$(ls "$TMPDIR")"

# ---- the clients that people use, against every model -----------------------------------

client_checks() {
    if command -v wrk >/dev/null; then
        wrk -t1 -c8 -d1 "$url/" >"$work/wrk" 2>&1
        ok "$1: wrk" grep -q 'requests in' "$work/wrk"
        ok "$1: wrk saw no errors" test "$(grep -cE 'Socket errors|Non-2xx' "$work/wrk")" -eq 0
    else
        skip "$1: wrk" "not installed"
        skip "$1: wrk saw no errors" "not installed"
    fi
    if command -v h2load >/dev/null; then
        h2load --h1 -c 8 -n 400 "$url/" >"$work/h2load" 2>&1
        ok "$1: h2load" grep -q '400 succeeded, 0 failed, 0 errored, 0 timeout' "$work/h2load"
    else
        skip "$1: h2load" "not installed"
    fi
    if command -v ab >/dev/null; then
        ab -q -k -c 8 -n 400 "$url/" >"$work/ab" 2>&1
        ok "$1: ab" grep -qE 'Complete requests: +400' "$work/ab"
        ok "$1: ab saw no failure" grep -qE 'Failed requests: +0' "$work/ab"
    else
        skip "$1: ab" "not installed"
        skip "$1: ab saw no failure" "not installed"
    fi
    ok "$1: curl" answers / "Hello, World!"
}

for model in $models; do
    start --model "$model"
    client_checks "$model"
    ok "$model ends well" stop
done

echo "1..$number"
exit $failed

#!/usr/bin/env bash
# Many connections in one thread of the load generator, and what each costs in memory.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh
connections=18000
server=
trap '[ -z "$server" ] || { kill -TERM "$server"; wait "$server"; } 2>/dev/null; rm -rf "$work"' EXIT

limit=$(ulimit -Hn)
if [ "$limit" != unlimited ] && [ "$limit" -lt $((connections + 100)) ]; then
    skip "$connections connections" "the limit of open files is $limit"
    finish_tests
    exit 0
fi
ulimit -n "$limit"
number() { grep -o "\"$2\":[^,}]*" "$work/$1" | head -n 1 | tr -dc 0-9.; }

while :; do
    port=$((20000 + RANDOM % 12000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
done
"$INTERLEAVE" serve --model event-loop --listen "127.0.0.1:$port" >"$work/serve.out" 2>&1 &
server=$!
for _ in $(seq 300); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.1
done

# Prints the peak of the generator's resident memory in KiB.
peak() { # NAME OPTIONS...
    local name=$1
    shift
    "$INTERLEAVE" load "http://127.0.0.1:$port/" --quiet --warmup 1s --duration 1s \
        --timeout none --drain 20s --json "$work/$name" "$@" 2>"$work/err" &
    local pid=$! kib=0 now
    while now=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
        kib=$now
        sleep 0.05
    done
    wait "$pid"
    echo "$kib"
}

few=$(peak few --connections 100)
many=$(peak many --connections $connections)
[ "$(number many connections)" = $connections ] &&
    [ "$(number many scheduled)" = "$(number many ok)" ] && [ "$(number many ok)" -gt 0 ]
ok $? "$connections clients in one thread, every request answered"
sed 's/^/# /' "$work/err"
each=$(((many - few) * 1024 / (connections - 100)))
echo "# $each bytes for each connection (peak $few KiB with 100, $many KiB with $connections)"
[ "$each" -le 1024 ] || [[ $INTERLEAVE == *sanitize* ]]
ok $? "at most 1 KiB each"

idle=$(peak idle --connections 10 --idle $((connections - 10)))
echo "# peak $idle KiB with $((connections - 10)) of them idle"
[ "$(number idle all_connections)" = $connections ] &&
    [ "$(number idle count)" != "" ] && [ "$(grep -c '"idle"' "$work/idle")" -eq 1 ] &&
    grep -A 3 '"idle"' "$work/idle" | grep -q "\"opened\":[^0-9]*$((connections - 10))"
ok $? "$((connections - 10)) idle connections beside 10 that are active"
finish_tests

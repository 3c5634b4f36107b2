#!/usr/bin/env bash
# instructions.t - scripts/instructions can fail: figures of a run that was written down
# are held against baselines that were altered. `scripts/check instructions` counts.
set -u
cd "$(dirname "$0")/../.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

cat >"$work/counts.json" <<'END'
{"built": "gcc 12.2.0, -O2 -g, llhttp 8.1.0",
 "instructions_per_request": {"epoll /": 1700.0, "epoll /spin:100": 4000.5},
 "left_out": {"io-uring": "no ring here", "epoll /block:1ms": "somehow"}}
END

# judges NAME STATUS SAID SED...: the counts against themselves, altered by sed.
judges() {
    local name=$1 status=$2 said=$3
    shift 3
    n=$((n + 1))
    sed "$@" "$work/counts.json" >"$work/baseline.json"
    scripts/instructions --counts "$work/counts.json" --baseline "$work/baseline.json" \
        >"$work/said" 2>&1
    if [ $? -eq "$status" ] && grep -q -- "$said" "$work/said"; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        sed 's/^/# /' "$work/said"
    fi
}

judges "the same is fine" 0 '1700 .* +0.00%' -e ''
judges "1.9 % more is fine" 0 '+1.90%' -e 's/1700.0/1668.3/'
judges "2.1 % more fails" 1 'instructions: epoll /: +2.1 %' -e 's/1700.0/1665.0/'
judges "2.1 % less fails: the baseline lags behind" 1 'BASELINE=update' -e 's/1700.0/1736.5/'
judges "a path without a baseline fails" 1 'epoll / has no baseline' -e 's/"epoll \/": 1700.0, //'
judges "a path that is no longer counted fails" 1 'event-loop / was not counted' \
    -e 's/"epoll \/":/"event-loop \/": 1, &/'
judges "a path with a reason does not" 0 'left out: epoll /block:1ms: somehow' \
    -e 's/"epoll \/":/"epoll \/block:1ms": 1, &/'
judges "nor does a model with a reason" 0 'left out: io-uring: no ring' \
    -e 's/"epoll \/":/"io-uring \/": 1, &/'
judges "another compiler is said to be not comparable" 0 \
    '^SKIPPED: not comparable: the baseline is of gcc 13.1.0, .*; this is gcc 12.2.0' \
    -e 's/12.2.0/13.1.0/;s/1700.0/1.0/'

# What is made the baseline is what was counted, and compares as equal.
n=$((n + 1))
scripts/instructions --counts "$work/counts.json" --baseline "$work/new.json" --update >/dev/null &&
    ! grep -q left_out "$work/new.json" &&
    scripts/instructions --counts "$work/counts.json" --baseline "$work/new.json" >/dev/null &&
    echo "ok $n - update writes the baseline" || echo "not ok $n - update writes the baseline"
echo "1..$n"

# bench_test.sh - for tests of `bench` from end to end: a run in the background, what is
# left of it, and what it has measured. Sourced, from the tree's top.
# shellcheck shell=bash
. tests/support/tap.sh

# Each run has a session of its own, so that whatever it leaves behind is found, and a
# folder of its own, where results/latest is the test's. A neighbour's load makes no trial
# run again, unless asked.
start() { # ARGUMENTS...: sets $run
    setsid env -C "$work" "$INTERLEAVE" bench --attempts "${attempts:-1}" "$@" \
        >"$work/out" 2>"$work/err" &
    run=$!
}
finish() { # sets $status
    wait "$run"
    status=$?
    sed 's/^/# /' "$work/err"
}
bench() { # ARGUMENTS...: a run from start to end; sets $status
    start "$@"
    finish
}
# What overlaps shows in one run of some: a neighbour's load, or a machine that stood
# still for most of a second, only takes away.
bench_until() { # CONDITION DIR ARGUMENTS...: sets $status
    local condition=$1 folder=$2
    shift 2
    for _ in 1 2 3 4 5; do
        rm -rf "$folder"
        bench "$@" --out "$folder"
        $condition 2>/dev/null && return
    done
}
# A neighbour's load, or a sanitizer build, makes figures invalid, but they are figures.
has_measured() { [ "$status" -eq 0 ] || [ "$status" -eq 3 ]; }

await() { # COMMAND...: until it prints something, at most 30 s
    for _ in $(seq 300); do
        [ -n "$("$@" 2>/dev/null)" ] && return 0
        sleep 0.1
    done
    return 1
}
children_of_run() { # COMMAND: the pids of the run's children that run it
    local pid
    for pid in $(ps -o pid= --ppid "$run"); do
        tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "^interleave $1 " && echo "$pid"
    done
}
nothing_runs() { # NAME
    [ -z "$(ps -o pid= -s "$run")" ]
    ok $? "$1 leaves nothing running"
}

first_trial() { # DIR: the first trial.json there
    ls "$1"/trials/*/trial.json
}
field() { # FILE KEY...: what a JSON file has there
    # shellcheck disable=SC2016 # the program is Perl's
    /usr/bin/env perl -MJSON::PP -e '
        my $at = decode_json(do { local (@ARGV, $/) = shift; <> });
        for (@ARGV) { $at = ref $at eq "ARRAY" ? $at->[$_] : $at->{$_} }
        print ref $at ? JSON::PP->new->canonical->encode($at) : defined $at ? $at : "null"' "$@"
}
column() { # FILE NAME: the number of a column of a CSV file
    head -n 1 "$1" | tr ',' '\n' | grep -nx "$2" | cut -d: -f1
}
figure() { # DIR SCENARIO MODEL METRIC: of a scenario without a sweep
    awk -F, -v s="$2" -v m="$3" -v f="$4" '$1==s && $5==m && $7==f {print $9}' "$1/comparison.csv"
}

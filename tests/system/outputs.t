#!/usr/bin/env bash
# outputs.t - where all commands write: each option of an output is found in the help and
# given what cannot be written, a pipe, and a link; and stdout may be a full disk.
# shellcheck disable=SC2317 # functions called through ok
set -u
interleave=${INTERLEAVE:-build/interleave}
work=$(mktemp -d)
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
        [ ! -s "$work/err" ] || sed 's/^/# /' "$work/err"
        failed=1
    fi
}

"$interleave" serve --model event-loop --listen 127.0.0.1:0 >"$work/served" &
server=$!
while [ ! -s "$work/served" ]; do sleep 0.05; done
url=$(sed -n 's/^listening on //p' "$work/served")

# What each command needs beside the option, to come as far as its output.
mkdir "$work/reference"
cat >"$work/reference/samples.csv" <<'CSV'
trial,block,order,scenario,variable,point,model,valid,metric,value
01-hello-event-loop,1,1,hello,,,event-loop,true,throughput_rps,1000
CSV
declare -A needs=(
    [load]="$url --request light=1:/ --duration 100ms --warmup 0s -q"
    [merge]="tests/records/load-open-full.json"
    [serve]="--model event-loop --listen 127.0.0.1:0"
    [bench]="hello --models event-loop"
    [compare]="tests/records/load-open-full.json tests/records/load-open-full.json"
    ["compare --out"]="event-loop iterative --slices hello"
    [reproduce]="$work/reference"
)
# What some options need beside them.
declare -A also=([--search-json]="--find-capacity p50<1s --search-time 1ms")
# Options that name a file or a folder which is read.
inputs=' --external --resume --scenarios --data --scenario --trace --body-file --results --references '

# with COMMAND WORD...: the command with what it needs; its exit code is the result.
with() {
    local command=$1
    shift
    # shellcheck disable=SC2086 # words
    timeout 20 "$interleave" "$command" ${needs["$command $1"]:-${needs[$command]}} \
        ${also[$1]:-} "$@" >"$work/out" 2>"$work/err"
}

refuses() { # COMMAND OPTION VALUE
    with "$1" "$2" "$3"
    [ $? -eq 2 ] && grep -qF -- "$3" "$work/err" &&
        ! grep -q 'listening on\|requests/s' "$work/out" "$work/err"
}

# Nothing is lost or replaced: the reader gets it all, and the pipe is one still.
fills_pipe() { # COMMAND OPTION
    rm -f "$work/pipe"
    mkfifo "$work/pipe"
    timeout 20 cat "$work/pipe" >"$work/piped" &
    local reader=$!
    with "$1" "$2" "$work/pipe"
    local code=$?
    wait "$reader" && [[ $code =~ ^[03]$ ]] && [ -p "$work/pipe" ] &&
        [ -s "$work/piped" ]
}

follows_link() { # COMMAND OPTION
    rm -f "$work/link" "$work/real" "$work"/link.*
    ln -s real "$work/link"
    with "$1" "$2" "$work/link"
    [ -L "$work/link" ] && [ -s "$work/real" ] &&
        [ "$(stat -c %a "$work/real")" = "$(printf %o $((0666 & ~$(umask))))" ]
}

# What is already in the file that a descriptor leads to stays, and so does what follows.
keeps_neighbours() { # COMMAND OPTION
    { echo before; with "$1" "$2" /dev/fd/5; echo after; } >"$work/whole" 5>&1
    [ "$(head -n 1 "$work/whole")" = before ] && [ "$(tail -n 1 "$work/whole")" = after ] &&
        [ "$(wc -l <"$work/whole")" -gt 2 ]
}

options=0
for command in $("$interleave" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'); do
    while read -r option value; do
        [[ $inputs == *" $option "* ]] && continue
        options=$((options + 1))
        ok "$command $option is among the outputs that are tested" test -n "${needs[$command]:-}"
        case $value in
        FD)
            ok "$command $option is refused where nothing is open" refuses "$command" "$option" 99
            continue
            ;;
        FILE*FD)
            ok "$command $option is refused where nothing is open" refuses "$command" "$option" 99
            ;;
        esac
        for path in "$work/absent/x" "$work/served/x"; do
            [ "$value" != DIR ] || path=$work/served/x
            ok "$command $option $path is refused before anything is done" \
                refuses "$command" "$option" "$path"
        done
        if [ "$value" = FILE ]; then
            ok "$command $option fills a pipe" fills_pipe "$command" "$option"
            ok "$command $option follows a link" follows_link "$command" "$option"
            ok "$command $option writes after what is there" keeps_neighbours "$command" "$option"
        fi
    done < <("$interleave" "$command" --help |
        sed -nE 's/^  (-[a-zA-Z], )?(--[a-z-]+) (FILE|DIR|FD|FILE\|FD) .*/\2 \3/p')
done
ok 'outputs were found in the help' test $options -ge 6

exits_1() { # COMMAND WORD...
    timeout 20 "$interleave" "$@" >/dev/full 2>"$work/err"
    [ $? -eq 1 ] && [ "$(grep -c 'cannot write to stdout' "$work/err")" -eq 1 ]
}

# shellcheck disable=SC2086 # words
while read -r line; do
    ok "$line exits 1 where stdout is full" exits_1 $line
done <<END
--help
--version
models
models --json
ops
ops --json
scenarios
scenarios --schema
references
references --schema
doctor
doctor --json
validate scenarios/hello.json
man
merge tests/records/load-open-full.json
compare tests/records/load-open-full.json tests/records/load-open-full.json
load $url --duration 100ms --warmup 0s -q --json -
END

# A figure that cannot be kept is told all the same.
tells_its_ceiling() {
    XDG_CACHE_HOME=/dev/null/x timeout 60 "$interleave" load --calibrate --duration 1s \
        2>"$work/err"
    [ $? -eq 1 ] && grep -q 'requests/s for each thread' "$work/err" &&
        grep -q '/dev/null/x.*: cannot' "$work/err"
}
ok '--calibrate prints what it cannot keep' tells_its_ceiling

# A run that was begun, in a folder where nothing can be written any more.
refuses_to_resume() {
    chmod a+rx "$work" && chmod -R a+rX,a-w "$work/run" && rm -f "$work/err"
    "${nobody[@]}" "$interleave" bench --resume "$work/run" 2>"$work/err"
    [ $? -eq 2 ] && grep -q 'manifest.json: cannot create: Permission denied' "$work/err"
}

nobody=()
[ "$(id -u)" -ne 0 ] || nobody=(setpriv --reuid=65534 --clear-groups)
timeout -s INT 20 "$interleave" bench hello --models event-loop --out "$work/run" >/dev/null 2>&1 &
bench=$!
while [ ! -s "$work/run/environment.json" ] && kill -0 "$bench" 2>/dev/null; do sleep 0.05; done
kill -INT "$bench"
wait "$bench"
if "${nobody[@]}" "$interleave" --version >/dev/null 2>&1; then
    ok 'bench --resume is refused where nothing can be written' refuses_to_resume
    chmod -R u+w "$work/run"
fi

kill -TERM "$server"
wait "$server"
server=
echo "1..$number"
exit $failed

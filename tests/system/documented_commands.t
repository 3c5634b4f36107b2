#!/usr/bin/env bash
# documented_commands.t - what README.md, docs/ and the help texts print as commands works as
# printed: each is run, line by line, in a copy of the tree.
#
# In the pages a fenced block of `sh` is commands, run from the tree's top, and every other
# block says what it is (text, c, json). In a help text a line that begins with two spaces
# and `interleave` is one. A command goes on after a backslash at the end of its line.
#
# No test passes or fails by its speed, and a machine with other work to do cannot measure.
# A command whose figures are doubted for that reason alone is tried again, and is skipped
# only where other processes were seen to take CPU time: on a machine at rest it fails.
# shellcheck disable=SC2317 # functions called through ok, and by the commands
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/docs_test.sh
taskset -c 0 true 2>/dev/null || without "the pages speak of CPU 0"
taskset -c 1 true 2>/dev/null || without "the pages speak of CPU 1"

# ---- what differs from what is printed ------------------------------------------------------

# Not run, with the reason; `make -n` says what they would do instead.
declare -A not_run=(
    ["make test"]="it would run this test"
    ["make test TESTS=tests/conformance/models.c"]="guide.t builds that test and runs it"
    ["make SANITIZE=address,undefined test TESTS=tests/conformance/models.c"]="builds all anew"
    ["make SANITIZE=thread test TESTS=tests/conformance/models.c"]="builds all anew"
    ["make format && make check"]="takes a quarter of an hour"
    ["make claims"]="takes an hour; tests/system/claims.t runs some of its own"
)

# Short: a load takes a second, a search for a capacity half a minute at most, a run one
# block, or by turns a pair of processes with two short turns ...
run_program() {
    case "$*" in
    compare*--slices*)
        "$copy/$built/interleave" "$@" --repeat 1 --slice-count 2 --slice-time 50ms
        return
        ;;
    esac
    case $1 in
    load) "$copy/$built/interleave" "$@" --warmup 200ms --duration 1s --search-time 30s ;;
    bench) "$copy/$built/interleave" "$@" --repeat 1 ;;
    *) "$copy/$built/interleave" "$@" ;;
    esac
}
build/interleave() { run_program "$@"; }
interleave() { run_program "$@"; }

# ... of those scenarios that some command names, each with short windows, the first point
# of its sweep, and two models where all would join.
shorten_scenarios() {
    local file name
    for file in "$copy"/scenarios/*.json; do
        name=$(basename "$file" .json)
        [ "$name" != schema ] || continue
        cat "$work"/blocks/* | tr ' ' '\n' | grep -qxF "$name" || { rm "$file" && continue; }
        sed -i -E -e 's/"warmup": *"[^"]*"/"warmup": "100ms"/' \
            -e 's/"(quick_)?duration": *"[^"]*"/"\1duration": "500ms"/' \
            -e 's/("quick": *\[[^],]*),[^]]*\]/\1]/' "$file"
        grep -q '"models"' "$file" ||
            sed -i 's/^  "name":/  "models": ["event-loop", "thread-pool"],\n&/' "$file"
    done
}

# Nothing is installed: packages are there, as far as scripts/install-deps can see.
pretend_packages() {
    mkdir "$work/bin" && cat >"$work/bin/dpkg-query" <<'SH' && chmod +x "$work/bin/dpkg-query"
#!/bin/sh
grep -oE '[a-z0-9][a-z0-9.+-]+' scripts/install-deps | sort -u | sed 's/$/ installed/'
SH
}

# The reader's own server, of which the pages speak.
make_own_server() {
    cat >"$copy/my-server" <<SH && chmod +x "$copy/my-server"
#!/bin/sh
[ "\$1" != --version ] || { echo "my-server 1"; exit; }
exec "$copy/$built/interleave" serve --model thread-pool --listen "127.0.0.1:\$2" --threads "\$4"
SH
}

# A page that answers with an error is no success.
curl() { command curl --silent --show-error --fail "$@"; }

# ---- the commands -----------------------------------------------------------------------------

# read_page PAGE: writes the commands of each of its blocks to $work/blocks/PAGE:LINE, a slash
# being %.
read_page() {
    awk -v page="$1" -v folder="$work/blocks" '
        BEGIN { name = page; gsub("/", "%", name) }
        function finish() { if (command != "") print command >file; command = "" }
        /^```/ && !fenced {
            fenced = 1; kind = substr($0, 4)
            file = folder "/" name ":" NR
            if (kind !~ /^(sh|text|c|json)$/) { print page ":" NR ": what is in this block?"; wrong = 1 }
            if (kind == "sh") printf "" >file
            next
        }
        /^```/ { finish(); fenced = 0; next }
        !fenced && /^(    |\t)/ { print page ":" NR ": a block without a fence"; wrong = 1 }
        fenced && kind == "sh" {
            sub(/ +# .*$|^#.*$/, "")
            if (sub(/ *\\$/, "")) { command = command $0 " "; next }
            sub(/^ +/, command == "" ? "" : " ")
            command = command $0
            finish()
        }
        END { exit wrong }' "$1"
}

# read_help COMMAND: likewise, the commands in its help.
read_help() {
    "$interleave" "$1" --help | awk '
        /^  interleave / { inside = 1 }
        inside && sub(/ *\\$/, "") { printf "%s ", $0; next }
        inside { print; inside = 0 }' | sed 's/^  *//; s/   */ /g' >"$work/help"
    [ ! -s "$work/help" ] || {
        echo "build/interleave serve --model event-loop --listen 127.0.0.1:8080 &"
        echo "sleep 1"
        cat "$work/help"
        echo "kill %1"
    } >"$work/blocks/interleave $1 --help"
}

# write_files PAGE: what stands in a block of JSON behind "`FILE`:" becomes that file.
write_files() {
    awk -v folder="$copy" '
        /^```json$/ && name != "" { file = folder "/" name; next }
        /^```/ { file = "" }
        file != "" { print >file }
        NF { name = match($0, /`[a-z.-]+`:$/) ? substr($0, RSTART + 1, RLENGTH - 3) : "" }' "$1"
}

# ---- a machine that has other work to do ------------------------------------------------------

# Ticks of CPU time: of everything; of this shell, what it has waited for, and its jobs.
all_ticks() { awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }
own_ticks() {
    local groups
    groups=" $(jobs -p | tr '\n' ' ')"
    cat "/proc/$shell/stat" /proc/[0-9]*/stat 2>/dev/null |
        awk -v groups="$groups" '{ sub(/^.*\) /, "") }
            NR == 1 || index(groups, " " $3 " ") { ticks += $12 + $13 + $14 + $15 }
            END { print ticks }'
}

# Ticks that a hypervisor gave to others.
stolen_ticks() { awk '$1 == "cpu" { print $9 }' /proc/stat; }

# One tick in 200, as `doctor` warns of: it makes one request in a hundred late, and p99 is of
# these.
was_stolen() { # STOLEN-BEFORE MICROSECONDS-BEFORE
    local elapsed=$((${EPOCHREALTIME/./} - $2))
    [ $((($(stolen_ticks) - $1) * 200 * 1000000)) -gt $((elapsed * $(getconf CLK_TCK) * $(nproc))) ]
}

# One core in ten: what is known to spoil a measurement of two.
others_were_busy() { # ALL-BEFORE OWN-BEFORE MICROSECONDS-BEFORE
    local hertz elapsed
    hertz=$(getconf CLK_TCK)
    elapsed=$((${EPOCHREALTIME/./} - $3))
    [ $((($(all_ticks) - $1 - $(own_ticks) + $2) * 10 * 1000000)) -gt $((elapsed * hertz)) ]
}

# By these the program itself has seen that others took CPU time, or memory, or that somebody
# came late who may not the next time.
of_others=" throttled $(awk -F '"' '/^FLAG\(.*FLAG_PASSING/ { printf "%s ", $2 }' record/flags.def)"
# What that can lead to. On a machine at rest it speaks of what was asked for.
of_disturbed=" $(awk -F '"' '/^FLAG\(.*FLAG_OF_GENERATOR/ { printf "%s ", $2 }' record/flags.def)"
of_disturbed+="unsteady missed search "
# Of a trial of which the program has seen that: too slow for the load as well.
of_slow=" rate_missed dropped starved_connections no_replies "

# Why a command's figures are doubted, in words: from its output, or its trials. Of a search
# for a capacity it is the outcome.
reasons() {
    sed -n -E 's/^INVALID \(([a-z_]+)\).*/\1/p; s/^MISSED .*/missed/p
        s/.*(the generator is the limit|no time to confirm|holds at no rate).*/search/p' "$said"
    if [[ $1 == *bench* || $1 == *--slices* ]]; then
        awk -F '"' -v others="$of_others" -v slow="$of_slow" '
            function finish(i) {
                for (i = 1; i <= count; i++)
                    if (!disturbed || !index(slow, " " flags[i] " ")) print flags[i]
                count = disturbed = 0
            }
            FNR == 1 { finish() }
            $2 == "code" { code = $4 }
            $2 == "severity" && $4 == "invalid" {
                flags[++count] = code
                if (index(others, " " code " ")) disturbed = 1
            }
            END { finish() }' "$copy"/results/latest/trials/*/trial.json 2>/dev/null
    fi
}

# Whether nothing but figures is held against a command; sets $busy where that shows why.
only_figures_doubted() { # COMMAND
    local reason words
    [[ $status =~ ^[134]$ ]] || return 1
    words=$(reasons "$1" | sort -u)
    for reason in $words; do
        [[ $of_others != *" $reason "* ]] || busy=yes
        [[ $of_others$of_disturbed == *" $reason "* ]] || return 1
    done
    [ -n "$words" ]
}

# ---- running them -----------------------------------------------------------------------------

# The port that is printed, or a free one in its place, for all of a block.
is_taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
printed_port='127\.0\.0\.1:([0-9]+)'
choose_port() { # COMMAND: sets $port
    [ -z "$port" ] && [[ $1 =~ $printed_port ]] || return 0
    port=${BASH_REMATCH[1]}
    while is_taken "$port"; do
        port=$((20000 + RANDOM % 12000))
    done
}

# try COMMAND: its exit status, and in $busy whether others disturbed it.
try() {
    local all own stolen begun
    all=$(all_ticks) own=$(own_ticks) stolen=$(stolen_ticks) begun=${EPOCHREALTIME/./}
    rm -f "$copy/results/latest"
    eval "$1" >"$said" 2>&1 </dev/null
    status=$?
    # make ends with 2 whatever it was that its command ended with.
    [[ ! $(grep '^make.*: \*\*\*' "$said") =~ Error\ ([0-9]+)$ ]] || status=${BASH_REMATCH[1]}
    busy=
    ! others_were_busy "$all" "$own" "$begun" || busy=yes
    ! was_stolen "$stolen" "$begun" || busy=yes
}

attempts=4
patience_s=60 # of the whole test, for trying again;
limit_s=180   # ... and for going on where others take the CPU time
doubts=

run_command() { # COMMAND
    local attempt
    for ((attempt = 1; attempt <= attempts; attempt++)); do
        try "$1"
        [ "$status" -ne 0 ] || return 0
        only_figures_doubted "$1" || break
        [ $SECONDS -lt $patience_s ] || break
    done
    if only_figures_doubted "$1" && [ -n "$busy" ]; then
        doubts+="$(reasons "$1" | sort -u | tr '\n' ' ')"
        return 0
    fi
    echo "exit status $status: $1"
    reasons "$1" | sort | uniq -c
    tail -n 25 "$said"
    return 1
}

dry_run() { # COMMAND
    make() { command make -n "$@"; }
    eval "$1" >"$said" 2>&1 || { echo "make -n fails: $1"; cat "$said"; return 1; }
    unset -f make
}

# In a subshell: what a block starts in the background it also ends.
run_block() { # FILE
    local shell=$BASHPID port='' command result=0
    set -m
    cd "$copy" || return 1
    while read -r command <&3; do
        [ -n "$command" ] || continue
        if [ -n "${not_run[$command]:-}" ]; then
            dry_run "$command" || result=1
            continue
        fi
        choose_port "$command"
        [[ ! $command =~ $printed_port ]] || command=${command//":${BASH_REMATCH[1]}"/":$port"}
        run_command "$command" || result=1
    done 3<"$1"
    sleep 0.2
    for command in $(jobs -pr); do
        echo "still running at the end: $(tr '\0' ' ' <"/proc/$command/cmdline")"
        kill -KILL -- "-$command"
        result=1
    done
    [ -z "$doubts" ] || echo "$doubts" | tee -a "$work/disturbed" >"$work/doubts"
    return $result
}

said=$work/output
trap 'rm -rf "$work"' EXIT
mkdir "$work/blocks"
pages=(README.md docs/*.md)
for page in "${pages[@]}"; do
    ok "$page: every block says what it is" read_page "$page"
done
mapfile -t commands < <("$interleave" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')
for command in "${commands[@]}"; do
    read_help "$command"
done

ok "a tree of its own" copy_tree || give_up
read_guide
ok "... with the model of $guide" add_model || give_up
ok "... and short scenarios" shorten_scenarios
make_own_server
pretend_packages
for page in "${pages[@]}"; do
    write_files "$page"
done
export PATH=$work/bin:$PATH CC=$compiler
# What the other blocks take for granted.
ok "make" make_copy || give_up
export HOME=$work XDG_CACHE_HOME=$work # what a load generator remembers of itself

mapfile -t blocks < <(printf '%s\n' "$work"/blocks/* | sort -V)
worked() { cat "$work/result" && [ "$status" -eq 0 ]; }
for block in "${blocks[@]}"; do
    name=${block##*/}
    rm -f "$work/doubts"
    if [ "$SECONDS" -ge "$limit_s" ] && [ -s "$work/disturbed" ]; then
        skip "${name//%//}" "the machine has other work, and time is up"
        continue
    fi
    (run_block "$block") >"$work/result" 2>&1
    status=$?
    if [ $status -eq 0 ] && [ -s "$work/doubts" ]; then
        skip "${name//%//}" "the machine has other work: $(cat "$work/doubts")"
    else
        ok "${name//%//}" worked
    fi
done
is_printed() { grep -qxF -e "$1" "$work"/blocks/*; }
for command in "${!not_run[@]}"; do
    ok "not run, as ${not_run[$command]}: $command" is_printed "$command"
done

echo "1..$number"
exit $failed

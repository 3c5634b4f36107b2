#!/usr/bin/env bash
# guide.t - the pages on models say what is so: docs/models.md has every model, and what
# docs/adding-a-model.md tells to write is a model that builds, conforms and serves.
# shellcheck disable=SC2016,SC2317 # Perl in single quotes; functions called through ok
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/docs_test.sh
models_page=docs/models.md
most_lines=150
server=

finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

# ---- docs/models.md against the models ------------------------------------------------

# compare_page MODELS.json: prints what is wrong with the page. A section whose title
# begins with a small letter is about a model; the order is that of every table.
compare_page() {
    perl -MJSON::PP -0777 -e '
        my ($page, $list) = map { open my $file, "<", $_ or die "$_: $!\n"; <$file> } @ARGV;
        my $models = decode_json($list);
        my %models = map { $_->{name} => $_ } @$models;
        my @names = map { $_->{name} } @$models;
        my @parts = ("How it waits", "Who computes", "What it shares", "Where it breaks",
                     "What shows it");
        my (undef, @sections) = split /^## /m, $page;
        my @rows = $page =~ /^\| \[([a-z-]+)\]\(#\1\) \|/mg;
        "@rows" eq "@names" or print "matrix: has the rows @rows, not @names\n";
        my @seen;
        for (@sections) {
            my ($name, $text) = /^([a-z]\S*)\n(.*)/s or next;
            push @seen, $name;
            my $model = $models{$name} or next;
            my @has = $text =~ /^\*\*([^*]+)\.\*\* \S/mg;
            "@has" eq "@parts" or print "$name: has the parts @has, not @parts\n";
            (() = $text =~ /^```text\n(?:.+\n)+?```$/mg) == 1
                or print "$name: needs one diagram\n";
            my %options = map { $_->{name} => 1 } @{$model->{options}};
            $options{$1} or print "$name: has no option --$1\n"
                while $text =~ /`--([a-z-]+)/g;
        }
        "@seen" eq "@names" or print "sections: there are @seen, not @names\n";
    ' "$models_page" "$1"
}

describes() {
    "$1" models --json >"$work/models.json" && compare_page "$work/models.json" >"$work/wrong" &&
        cat "$work/wrong" && [ ! -s "$work/wrong" ]
}

# misses PROGRAM MODEL: whether one without a section is noticed.
misses() { ! describes "$1" && grep -q "^sections: .*not.* $2 " "$work/wrong"; }

ok "$models_page describes every model, and nothing else" describes "$interleave"

# ---- what the guide says ----------------------------------------------------------------

read_guide
model=$(sed -n 's/^    \.name = "\(.*\)",$/\1/p' "$work/model.c")
ok "$guide has a file, a line and where they go" \
    test -s "$work/model.c" -a -s "$work/line" -a -n "$file" -a -n "$neighbour" -a -n "$model" ||
    give_up
ok "... a file of fewer than $most_lines lines" \
    test "$(wc -l <"$work/model.c")" -lt "$most_lines"
ok "... and one line" test "$(wc -l <"$work/line")" -eq 1

# ---- what the guide makes ---------------------------------------------------------------

builds() {
    make_copy -j "$(nproc)" "$built/interleave" && ! grep -q "^$file:.*warning" "$work/said"
}

lists() { "$copy/$built/interleave" models | grep "^$model "; }

ok "a tree of its own" copy_tree || give_up
ok "... takes the model" add_model || give_up
if command -v clang-format >/dev/null; then
    ok "... in the house format" \
        clang-format --style="file:$root/.clang-format" --dry-run -Werror "$work/model.c"
else
    skip "... in the house format" "no clang-format"
fi
ok "it builds without a warning" builds || give_up
ok "interleave models lists it" lists
ok "... and $models_page is known to lack it" misses "$copy/$built/interleave" "$model"

# ---- under load ---------------------------------------------------------------------------

# More connections than threads, so that some wait for their turn.
threads=4
connections=16

start_server() {
    "$copy/$built/interleave" serve --model "$model" --threads "$threads" --listen 127.0.0.1:0 \
        --stats "$work/stats.json" >"$work/out" 2>"$work/err" &
    server=$!
    url=
    while [ -z "$url" ] && kill -0 "$server" 2>/dev/null; do
        url=$(sed -n 's/^listening on //p' "$work/out")
        [ -n "$url" ] || sleep 0.02
    done
    cat "$work/err"
    [ -n "$url" ]
}

loads() {
    "$copy/$built/interleave" load "$url/wait:1ms/spin:1k" --connections "$connections" \
        --duration 1s --json "$work/load.json"
}

without_errors() {
    perl -MJSON::PP -0777 -ne '
        my $counts = decode_json($_)->{counts};
        print "$_: $counts->{$_}\n" for sort keys %$counts;
        my $errors = 0;
        $errors += $counts->{$_} for qw(http_error bad_body net_error timeout dropped);
        exit !($counts->{ok} > 0 && $errors == 0)' "$work/load.json"
}

stop_server() {
    kill -TERM "$server"
    wait "$server"
    local status=$?
    server=
    return "$status"
}

counted_by_all() {
    perl -MJSON::PP -e '
        my ($threads, $connections, $file) = @ARGV;
        open my $stats_file, "<", $file or die "$file: $!\n";
        my $stats = decode_json(join "", <$stats_file>);
        my $counted = grep { $_->{role} eq "thread" } @{$stats->{per_worker}};
        print "$counted threads, $stats->{accepted} connections\n";
        exit !($counted == $threads && $stats->{drained} && $stats->{accepted} >= $connections)
    ' "$threads" "$connections" "$work/stats.json"
}

ok "it serves" start_server || give_up
ok "... a load" loads
ok "... without an error" without_errors
ok "... and ends well" stop_server
ok "... having counted for each thread" counted_by_all

# ---- against the conformance tests --------------------------------------------------------

# The others were tested by themselves: beside it remain those that the tests name, which
# also give the answers to compare with. Only the list is built anew.
shorten_list() {
    local identifier line
    while read -r line; do
        identifier=${line#MODEL(}
        identifier=${identifier%)}
        [[ $line != MODEL\(* ]] || [ "$line" = "$(cat "$work/line")" ] ||
            grep -qw "${identifier}_model" tests/conformance/models.c tests/support/*.h ||
            continue
        echo "$line"
    done <"$copy/servers/models.def" >"$work/models.def"
    cp "$work/models.def" "$copy/servers/models.def"
}

builds_tests() {
    make_copy -o servers/models.def -W servers/model.c "$built/tests/conformance/models"
}

conforms() { "$copy/$built/tests/conformance/models" && grep -q "^# $model\$" "$work/said"; }

ok "the list is shortened" shorten_list
ok "the conformance tests build with it" builds_tests
ok "... and it passes them" conforms

echo "1..$number"
exit $failed

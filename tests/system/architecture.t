#!/usr/bin/env bash
# architecture.t - what docs/architecture.md tells to write is enough: a key of scenarios and
# a metric are added to a copy of the tree as it says, and are then known everywhere.
# shellcheck disable=SC2317 # functions called through ok
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/docs_test.sh
page=docs/architecture.md
trap 'rm -rf "$work"' EXIT

# take_examples: puts each block of C behind "In `FILE`, after `LINE`:" there; prints FILE.
take_examples() {
    PAGE=$page COPY=$copy perl -e '
        sub slurp { open my $file, "<", $_[0] or die "$_[0]: $!\n"; local $/; <$file> }
        my $page = slurp($ENV{PAGE});
        while ($page =~ /^In `([^`]+)`, after `([^`]+)`:\n\n```c\n(.*?)^```$/msg) {
            my ($name, $after, $block) = ($1, $2, $3);
            my $text = slurp("$ENV{COPY}/$name");
            (() = $text =~ /^\Q$after\E$/mg) == 1 or die "$name: not once: $after\n";
            $text =~ s/^\Q$after\E\n/$after\n$block/m;
            open my $file, ">", "$ENV{COPY}/$name" or die "$name: $!\n";
            print $file $text;
            print "$name\n";
        }'
}

# places N FILE...: the page changed these files alone, once each.
places() { [ "$(sort "$work/places" | tr '\n' ' ')" = "$* " ]; }

program=$copy/$built/interleave
builds() {
    make_copy -j "$(nproc)" "$built/interleave" && ! grep -qE '^[a-z/_.]+:[0-9:]+ warning' "$work/said"
}

ok "a tree of its own" copy_tree || give_up
take_examples >"$work/places" 2>&1
ok "$page: a key and a metric touch two places each" \
    places analysis/metrics.c analysis/metrics.def workload/scenario.c workload/scenario.h || {
    sed 's/^/# /' "$work/places"
    give_up
}
ok "it builds without a warning" builds || give_up

# ---- the key ----------------------------------------------------------------------------

mkdir "$work/scenarios"
write_scenario() { # CONTACT
    cat >"$work/scenarios/asked.json" <<JSON
{ "name": "asked", "title": "Asked", "question": "Who knows?",
  "contact": $1, "family": "io", "requests": [{ "path": "/wait:1ms" }],
  "load": { "connections": 20, "warmup": "50ms", "duration": "4s" } }
JSON
}
refuses_number() {
    write_scenario 7
    ! "$program" validate "$work/scenarios/asked.json" &&
        grep -qF 'asked.json:2:14: contact: expected a string that is not empty, got 7' "$work/said"
}
reads_and_writes() {
    write_scenario '"Ada"'
    "$program" validate "$work/scenarios/asked.json" &&
        "$program" scenarios --scenarios "$work/scenarios" --json | grep -F '"contact":	"Ada"'
}
in_schema() { "$program" scenarios --schema | grep -F '"contact"'; }
unknown_before() { ! "$interleave" validate "$work/scenarios/asked.json"; }

ok "the key: another type is refused, with its place" refuses_number
ok "... it is read, and written again" reads_and_writes
ok "... it is in the schema" in_schema
ok "... and was not known before" unknown_before

# ---- the metric -------------------------------------------------------------------------

runs() {
    env -C "$work" "$program" bench "$work/scenarios/asked.json" --models event-loop,iterative --repeat 1 \
        --out "$work/results" >"$work/table" || [ $? -eq 3 ] # a busy machine's figures
}
in_samples() { [ "$(grep -c ',kernel_cores_used,[0-9.e-]*$' "$work/results/samples.csv")" -eq 2 ]; }
in_comparison() {
    grep -F ',kernel_cores_used,1,' "$work/results/comparison.csv" &&
        grep -F '"kernel_cores_used":' "$work/results/comparison.json"
}
in_table() { grep -E '^\| *model .*\| *kernel cores *\|' "$work/results/comparison.md"; }
keeps_contact() { grep -F '"contact":	"Ada"' "$work"/results/trials/*/scenario.json; }

ok "a run with it" runs || give_up
ok "... the trials know the key" keeps_contact
ok "... the metric is among the samples" in_samples
ok "... in the comparison's files" in_comparison
ok "... and in its table" in_table

echo "1..$number"
exit $failed

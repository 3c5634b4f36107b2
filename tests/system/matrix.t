#!/usr/bin/env bash
# matrix.t - who runs which kind of step: the matrices of README.md and docs/models.md say
# what the descriptors say (servers/model.h), as `interleave models --json` prints them.
# shellcheck disable=SC2016,SC2317 # Perl in single quotes; functions called through ok
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/docs_test.sh
trap 'rm -rf "$work"' EXIT

# compare_matrix PAGE MODELS.json: prints where the page's matrix differs from the models,
# and fails where it does. A cell has to match the runner that the descriptor names and no
# other one.
compare_matrix() {
    perl -MJSON::PP -0777 -e '
        my ($page, $list) = map { open my $file, "<", $_ or die "$_: $!\n"; <$file> } @ARGV;
        my %models = map { $_->{name} => $_->{runners} } @{decode_json($list)};
        my @kinds = qw(wait blocking cpu);
        my %words = (
            wait => {nobody => qr/^no steps$/, thread => qr/sleeps/,
                     loop => qr/^(?!.*coroutine).*(registered on|submitted to)/,
                     coroutine => qr/coroutine is suspended/},
            blocking => {nobody => qr/^no steps$/, thread => qr/sleeps/, pool => qr/pool/},
            cpu => {nobody => qr/^no steps$/, thread => qr/^(?!.*\*\*).*(thread|computes)/,
                    loop => qr/\*\*[^*]*loop\*\*/, workers => qr/worker/},
        );
        my $wrong = 0;
        sub complain { print @_, "\n"; $wrong = 1 }
        sub cells { map { s/^\s+|\s+$//gr } split /\|/, $_[0] =~ s/^\||\|$//gr }

        # models.md has a row for each model, README.md a column for those that are alike.
        my %cells;
        my $by_model = qr/^\| model \| WAIT\b.*\| BLOCKING\b.*\| CPU\b.*\n.*\n((?:\|.*\n)+)/m;
        my $by_step = qr/^(\| step \|.*)\n.*\n(\| WAIT.*)\n(\| BLOCKING.*)\n(\| CPU.*)\n/m;
        if (my ($rows) = $page =~ $by_model) {
            for (split /\n/, $rows) {
                my ($name, @said) = cells($_);
                @{$cells{$name =~ s/^\[(.*)\].*/$1/r}}{@kinds} = @said;
            }
        } elsif (my ($names, @rows) = $page =~ $by_step) {
            my (undef, undef, @columns) = cells($names);
            for my $kind (@kinds) {
                my (undef, undef, @said) = cells(shift @rows);
                for my $i (0 .. $#columns) {
                    $said[$i] = $said[$i - 1] if $said[$i] eq "same";
                    $cells{$_}{$kind} = $said[$i] for split /, /, $columns[$i];
                }
            }
            delete $models{$_} for grep { $models{$_}{cpu} eq "nobody" } keys %models;
        } else {
            complain("there is no matrix");
        }
        for my $name (sort keys %models) {
            $cells{$name} or complain("$name: is not in the matrix"), next;
            for my $kind (@kinds) {
                my $runner = $models{$name}{$kind};
                my $cell = $cells{$name}{$kind};
                my @matches = grep { $cell =~ $words{$kind}{$_} } sort keys %{$words{$kind}};
                "@matches" eq $runner
                    or complain("$name: $kind is run by $runner, not \"$cell\" (@matches)");
            }
        }
        $models{$_} or complain("$_: there is no such model") for sort keys %cells;
        exit $wrong
    ' "$1" "$2"
}

# change MODEL KIND RUNNER: the models with another runner in one place.
change() {
    perl -MJSON::PP -0777 -e '
        my ($name, $kind, $runner, $file) = @ARGV;
        open my $models_file, "<", $file or die "$file: $!\n";
        my $models = decode_json(<$models_file>);
        $_->{name} eq $name and $_->{runners}{$kind} = $runner for @$models;
        print encode_json($models)' "$1" "$2" "$3" "$work/models.json" >"$work/changed.json"
}

# notices PAGE TEXT: whether the page is found to differ from the changed models so.
notices() {
    ! compare_matrix "$1" "$work/changed.json" >"$work/wrong" && cat "$work/wrong" &&
        grep -q "^$2" "$work/wrong" && [ "$(wc -l <"$work/wrong")" -eq 1 ]
}

"$interleave" models --json >"$work/models.json" || exit 1
for page in README.md docs/models.md; do
    ok "$page says who runs what" compare_matrix "$page" "$work/models.json"
    change event-loop cpu workers
    ok "... and another place for computing is noticed" \
        notices "$page" 'event-loop: cpu is run by workers, not ".*loop.*" (loop)$'
    change async-await wait loop
    ok "... and a loop where a coroutine waits" \
        notices "$page" 'async-await: wait is run by loop, not ".*" (coroutine)$'
    change thread-pool blocking pool
    ok "... and a pool where a thread sleeps" \
        notices "$page" 'thread-pool: blocking is run by pool, not ".*" (thread)$'
done

echo "1..$number"
exit $failed

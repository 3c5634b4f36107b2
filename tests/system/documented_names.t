#!/usr/bin/env bash
# documented_names.t - what README.md and docs/ name between backticks is there: paths, the
# options of commands, and every other word: a model, a scenario, a step, a key, a flag, a
# function. Words in capitals (FILE, PORT) stand for something, figures for themselves.
# (`scripts/check docs` looks for files and for where links lead.)
# shellcheck disable=SC2016,SC2317 # backticks of pages; functions called through ok
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/docs_test.sh
trap 'rm -rf "$work"' EXIT
pages=(README.md docs/*.md)

# What `make`, a run, or the reader of the page makes.
made_later="build/interleave results/latest results/latest/ plots/ trials/ disturbed/ my-server.json"

# Every word of the sources, with and without the dots and dashes in it.
read_words() {
    local whole='[A-Za-z_][A-Za-z0-9_.-]*' part='[A-Za-z_][A-Za-z0-9_]*'
    {
        cat Makefile scripts/* scenarios/*.json servers/reference/*
        find base workload record servers loadgen harness analysis report commands tests/floors \
            \( -name '*.[ch]' -o -name '*.def' \) -exec cat {} +
        cat "$work/model.c" # which a page adds
    } | tee >(grep -ohE "$part") >(grep -ohE "$whole") >/dev/null | sort -u >"$work/words"
    # A folder's path ends with a slash.
    find . \( -path ./build -o -path ./.git \) -prune -o -type d -printf '/%P/\n' -o -printf '/%P\n' \
        >"$work/paths"
}

# The options of each command, and of all together, scripts included.
read_options() {
    local command
    mkdir "$work/options"
    while read -r command; do
        "$interleave" "$command" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u >"$work/options/$command"
    done < <("$interleave" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')
    { echo --help; cat "$work"/options/*; grep -ohE -- '--[a-z][a-z-]*' scripts/*; } | sort -u >"$work/options.all"
}

# What stands between backticks in a page, outside its blocks, one a line.
spans() {
    awk '/^```/ { fenced = !fenced; next } !fenced' "$1" | tr '\n' ' ' |
        grep -oE '`[^`]+`' | tr -d '`' | sed 's/^ *//; s/ *$//' | sort -u
}

# From the tree's top, or from any folder: the page may speak of one.
is_path() { [[ $1 =~ ^[a-z][A-Za-z0-9_.-]*(/[A-Za-z0-9_./-]*|\.(md|t|c|h|def|json|csv))$ ]]; }
check_path() { # PATH
    [[ $1 =~ [A-Z]{3} || " $made_later " == *" $1 "* || $1 == "$file" ]] ||
        awk -v end="/$1" 'substr($0, length - length(end) + 1) == end { found = 1 }
            END { exit !found }' "$work/paths" || grep -qxF -e "$1" "$work/words" ||
        echo "there is no $1"
}

check_option() { # OPTION COMMAND
    local known=$work/options/$2
    [ -e "$known" ] || known=$work/options.all
    grep -qxF -e "$1" -e "${1/--no-/--}" "$known" || echo "$2 has no option $1"
}

is_ending() { [[ $1 == _* ]] && grep -q -e "$1\$" "$work/words"; }
check_word() { # WORD
    [[ $1 =~ ^[A-Z]+$ || $1 =~ ^[0-9] || $1 =~ ^\.+$ ]] ||
        grep -qxF -e "$1" -e "${1#.}" "$work/words" || is_ending "$1" || echo "nothing is called $1"
}

check_span() { # TEXT
    local argument word command=
    set -f
    for argument in $1; do
        if is_path "$argument"; then
            check_path "$argument"
            continue
        fi
        for word in ${argument//[^A-Za-z0-9_.-]/ }; do
            case $word in
            --*) check_option "$word" "${command:-any command}" ;;
            -*) ;;
            *) check_word "${word%.}" ;;
            esac
            [ ! -e "$work/options/$word" ] || command=${command:-$word}
        done
    done
    set +f
}

# What docs/results.md does not explain: metrics of the files, columns of comparison.csv.
check_results() {
    local name missing=0
    while read -r name; do
        grep -qF "\`$name\`" docs/results.md || { echo "docs/results.md lacks $name"; missing=1; }
    done < <(perl -0777 -ne 'while (/^METRIC\(.*?\)\n(?=METRIC|\z)/msg) {
                 my $row = $&; print "$1\n" if $row !~ /FILES_NONE/ && $row =~ /\.name = "(\w+)"/ }' \
        analysis/metrics.def
        perl -0777 -ne 'print "$_\n" for map { /"(\w+)"/g } /headers\[\] = \{(.*?)\}/s' \
            report/comparison_csv.c report/samples_csv.c)
    [ "$missing" -eq 0 ]
}

# check_page PAGE: what it says that is not.
check_page() {
    local span said wrong=0
    while read -r span; do
        said=$(check_span "$span")
        [ -z "$said" ] || { echo "\`$span\`: $said"; wrong=1; }
    done < <(spans "$1")
    return "$wrong"
}

# notices TEXT PAGE-TEXT: whether a page with this text is found wrong.
notices() {
    printf '%s\n' "$2" >"$work/page.md"
    ! check_page "$work/page.md" && grep -qF -- "$1" "$work/said"
}

read_guide
ok "the words of the sources" read_words
ok "the options of the commands" read_options
for page in "${pages[@]}"; do
    ok "$page names what there is" check_page "$page"
done
ok "docs/results.md explains what the files have" check_results
ok "a stale option is noticed" notices 'load has no option --rates' 'see `load --rates 5`'
ok "... another command's option" notices 'merge has no option --rate' '`interleave merge --rate`'
ok "... a scenario" notices 'nothing is called io-waits' 'and `io-waits` at 100'
ok "... a step of a path" notices 'nothing is called wayt' '`GET /wayt:50ms/spin:200k`'
ok "... a model" notices 'nothing is called event-lop' '`bench hello --models event-lop,epoll`'
ok "... an option of a model" notices 'nothing is called thraeds' '`thread-pool:thraeds=8`'
ok "... a folder" notices 'there is no loadgen/engines/' '`loadgen/engines/`'
ok "... a file" notices 'there is no guides.t' '`guides.t` fails'

echo "1..$number"
exit $failed

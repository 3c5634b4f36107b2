#!/usr/bin/env bash
# Scenario files, claims, and files that describe servers of others: the program and the
# JSON Schema agree on the same good and bad files, and `bench` refuses a bad one with the line
# of `validate`, before anything is started.
set -u
cd "$(dirname "$0")/../.." || exit 2
: "${INTERLEAVE:=build/interleave}"
shipped=()
for file in scenarios/*.json; do
    case $file in */schema.json | */claims*.json) ;; *) shipped+=("$file") ;; esac
done
references=()
for file in servers/reference/*.json; do
    case $file in */schema.json) ;; *) references+=("$file") ;; esac
done
good=(tests/scenarios/good/*.json "${shipped[@]}" tests/external/good/*.json "${references[@]}"
    scenarios/claims.json)
bad=(tests/scenarios/bad/*.json tests/external/bad/*.json)
echo "1..$((${#good[@]} * 2 + ${#bad[@]} * 5 + 3))"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

n=0
ok() { # STATUS NAME
    n=$((n + 1))
    [ "$1" -eq 0 ] && echo "ok $n - $2" || printf 'not ok %s - %s\n# %s\n' "$n" "$2" "$message"
}
skip() { n=$((n + 1)) && echo "ok $n - $1 # SKIP $2"; }

# Which files a file is one of: sets $schema and the $options of validate.
know_kind() { # FILE
    case $1 in
    tests/external/* | servers/reference/*) schema=servers/reference/schema.json options=(--external) ;;
    */claims.json) schema=scenarios/claims-schema.json options=(--claims) ;;
    *) schema=scenarios/schema.json options=() ;;
    esac
}

# What the schemas say of each file, asked once: $verdicts[FILE] is "fits" or "does not fit";
# empty without the library.
declare -A verdicts=()
while IFS=$'\t' read -r file verdict; do verdicts[$file]=$verdict; done < <(
    for file in "${good[@]}" "${bad[@]}"; do
        know_kind "$file"
        printf '%s\t%s\n' "$schema" "$file"
    done | /usr/bin/python3 -c '
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit()
validators = {}
for line in sys.stdin:
    schema, name = line.rstrip("\n").split("\t")
    if schema not in validators:
        validators[schema] = jsonschema.Draft202012Validator(json.load(open(schema)))
    try:
        fits = validators[schema].is_valid(json.load(open(name)))
    except ValueError:
        continue
    print(name, "fits" if fits else "does not fit", sep="\t")'
)
schema_says() { # FILE VERDICT
    if [ ${#verdicts[@]} -eq 0 ]; then
        skip "$1 $2 the schema" "python3-jsonschema is not installed"
    else
        [ "${verdicts[$1]:-}" = "$2" ]
        ok $? "$1 $2 the schema"
    fi
}

# The schemas are written by the program, from the tables that it reads the files with.
is_generated() { # COMMAND FILE
    message="$2 differs: run build/interleave $1 --schema >$2"
    "$INTERLEAVE" "$1" --schema | cmp -s - "$2"
    ok $? "$2 is what $1 --schema prints"
}
is_generated scenarios scenarios/schema.json
is_generated claims scenarios/claims-schema.json
is_generated references servers/reference/schema.json

for file in "${good[@]}"; do
    know_kind "$file"
    message=$("$INTERLEAVE" validate "${options[@]}" "$file" 2>&1)
    ok $? "$file is accepted"
    schema_says "$file" fits
done

for file in "${bad[@]}"; do
    know_kind "$file"
    message=$("$INTERLEAVE" validate "${options[@]}" "$file" 2>&1 >/dev/null)
    status=$?
    [ $status -eq 2 ]
    ok $? "$file is refused with exit 2"
    [ "$(wc -l <<<"$message")" -eq 1 ] && grep -qE "$file:[0-9]+:[0-9]+: " <<<"$message"
    ok $? "$file: one line with file, line and column"
    case $file in
    tests/external/*) asked=(hello --external "$file") ;;
    *) asked=("$file") ;;
    esac
    said=$("$INTERLEAVE" bench "${asked[@]}" --out "$work/out" 2>&1)
    status=$?
    [ "$said" = "interleave bench: $message" ]
    ok $? "$file: bench says the same"
    [ $status -eq 2 ] && [ ! -e "$work/out" ]
    ok $? "$file: bench exits with 2 and has made nothing"
    case $file in
    */broken-* | */beyond-the-schema-*) skip "$file" "no schema can see this" ;;
    *) schema_says "$file" "does not fit" ;;
    esac
done

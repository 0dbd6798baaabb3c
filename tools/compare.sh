#!/usr/bin/env bash
# Compare the archives that two checkouts make of the same inputs, byte for byte: volume, paper edition, labels.
#   tools/compare.sh OTHER_CHECKOUT [PROJECT…]     for the samples: 1 2 3
# Exit 1: a file differs or is missing in one of the two.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
other=$(cd "${1:?path of the other checkout}" && pwd)
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for number in "${@:-1 2 3}"; do
    for project in $number; do
        for checkout in "$other" "$here"; do
            # Nothing is taken from an earlier build: each has an empty outputs folder. One day for both.
            (cd "$checkout" && tools/setup.sh && .venv/bin/paperwork archive "$project" --inputs "$here/inputs" \
                --outputs "$work/$(basename "$checkout" | tr -c 'A-Za-z0-9\n' _)-$([ "$checkout" = "$here" ] && echo new || echo old)" \
                --templates "$checkout/templates" --as-of 2026-01-01 >/dev/null 2>&1)
        done
    done
done
old=$(echo "$work"/*-old) new=$(echo "$work"/*-new)
while read -r file; do
    if [ -f "$old/$file" ] && [ -f "$new/$file" ] && cmp -s "$old/$file" "$new/$file"; then echo "same      $file"
    else echo "DIFFERENT $file"; status=1; fi
done < <({ cd "$old" && ls [0-9]*/*.pdf; cd "$new" && ls [0-9]*/*.pdf; } | sort -u)
exit $status

#!/usr/bin/env bash
# Checks the release and notes its verdict for the steps that follow; the last one of them ends the job with it.
set -uo pipefail
read -r -a options <<< "$ARGS"
[[ -z "$MAX_TIME" ]] || options+=(--max-time "$MAX_TIME")
code=0
for option in "${options[@]}"; do
    case "${option%%=*}" in
        # The key and the places of what is kept were read from the release file alone.
        --out | --limit | --looks | --stop)
            echo "::error title=quantgate::args: give ${option%%=*} in the release file, which names the baseline's answers"
            code=2
            ;;
    esac
done
[[ "$code" != 0 ]] || quantgate check "${options[@]}" -- "$RELEASE" || code=$?
case "$code" in
    0) verdict=pass ;;
    1) verdict=regressed ;;
    3) verdict=inconclusive ;;
    4) verdict=invalid ;;
    5) verdict=incomplete ;;
    *) verdict=error ;;
esac
{
    echo "code=$code"
    echo "verdict=$verdict"
} >> "$GITHUB_OUTPUT"

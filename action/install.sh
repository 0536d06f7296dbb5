#!/usr/bin/env bash
# Installs quantgate into an environment of its own and puts that first on the path of the steps that follow.
set -euo pipefail
environment="${RUNNER_TEMP:?}/quantgate-environment"
"$PYTHON" -m venv "$environment"
# Several requirements may be named, as pip takes them.
read -r -a wanted <<< "$INSTALL"
"$environment/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}"
echo "$environment/bin" >> "$GITHUB_PATH"

#!/bin/sh
# Writes requirements.lock: every release that the tests ran with, for all platforms and Pythons that pyproject.toml admits,
# with the hashes of its files. What is locked already stays, unless `--upgrade` is given. No index is named in it: whoever
# installs takes the index of his own settings, and the hashes say whether it is the same file.
set -eu
cd "$(dirname "$0")/.."
# The build backend and what it needs for an editable install: the project itself is built without looking anything up.
printf 'hatchling>=1.24\neditables\n' |
  "$UV" pip compile --quiet pyproject.toml - --all-extras --universal --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
    --output-file requirements.lock "$@" >/dev/null

#!/usr/bin/env bash
# node-modules.sh PROJECT OUT: writes the run-time dependencies that PROJECT/package-lock.json names to OUT, the same bytes
# on every machine. package.nix builds from them, npm-deps-hash.ts computes their hash.
set -euo pipefail

project=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$project/package.json" "$project/package-lock.json" "$work"
cd "$work"

# What is built from it is pure JavaScript but for sd-notify, whose source is wanted here: optional packages stay in, nothing is
# compiled, and those for one platform only are chosen as on a fixed one. The workspace only brings Node to checkouts.
npm ci --omit=dev --include=optional --workspaces=false --os=linux --cpu=x64 --libc=glibc \
  --install-strategy=hoisted --ignore-scripts --no-bin-links --no-audit --no-fund --no-update-notifier
if [ ! -e node_modules/sd-notify/binding.gyp ]; then
  echo "sd-notify was left out: npm passes over an optional package that it cannot fetch" >&2
  exit 1
fi
# What differs from one version of npm to another: its own record, and the empty directories of what was left out.
rm node_modules/.package-lock.json
find node_modules -type d -empty -delete
mv node_modules "$2"

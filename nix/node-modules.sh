#!/usr/bin/env bash
# node-modules.sh PROJECT OUT: writes the run-time dependencies of PROJECT/package-lock.json to OUT, with the same
# bytes on every machine. package.nix builds from them; npm-deps-hash.ts computes their hash.
set -euo pipefail

project=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$project/package.json" "$project/package-lock.json" "$work"
cd "$work"

# The dependencies are pure JavaScript except sd-notify, whose source is needed here. So optional packages stay in,
# nothing is compiled, and packages for one platform are chosen as on a fixed one. The workspace only brings Node to
# checkouts.
npm ci --omit=dev --include=optional --workspaces=false --os=linux --cpu=x64 --libc=glibc \
  --install-strategy=hoisted --ignore-scripts --no-bin-links --no-audit --no-fund --no-update-notifier
if [ ! -e node_modules/sd-notify/binding.gyp ]; then
  echo "sd-notify was left out: npm passes over an optional package that it cannot fetch" >&2
  exit 1
fi
# npm's own record and the empty directories of left-out packages differ from one version of npm to another.
rm node_modules/.package-lock.json
find node_modules -type d -empty -delete
mv node_modules "$2"

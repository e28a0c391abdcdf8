#!/bin/bash
# Prints the address of the package mirror that this Debian uses.
set -euo pipefail
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1 || true)
[ -n "$mirror" ] || mirror=$(sed -n 's/^deb \(\[[^]]*\] \)*\([^ ]*\).*/\2/p' /etc/apt/sources.list | head -n 1 || true)
[ -n "$mirror" ] || { echo "package-mirror: no package mirror in /etc/apt" >&2; exit 1; }
echo "$mirror"

#!/bin/bash
# Builds the root directory of a Debian whose PID 1 is a real systemd, from Debian packages only:
#   create-root.sh bookworm|trixie DIRECTORY
# Needs root, mmdebstrap, and the package mirror that this machine uses. Does nothing when this script has made the directory.
set -euo pipefail
suite=$1 root=$2
made_by=$(sha256sum <"$0")
[ "$(cat "$root/.ready" 2>/dev/null)" = "$made_by" ] && exit 0

mirror=$("$(dirname "$0")/package-mirror.sh")

partial=$root.partial
rm -rf --one-file-system "$partial"
mkdir -p "$(dirname "$root")"
mmdebstrap --quiet --mode=root --variant=minbase --include=systemd-sysv,dbus,dbus-user-session,libpam-systemd,tini \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$partial" "$mirror"

# Units that a container does not need, and that would only slow the start.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
  console-getty.service getty.target remote-fs.target systemd-pcrphase.service; do
  ln -sf /dev/null "$partial/etc/systemd/system/$unit"
done
mkdir -p "$partial/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' > "$partial/etc/systemd/journald.conf.d/10-test.conf"
# Tells the tests that the system has booted, by a FIFO that they bind there: a container without a terminal has no console.
cat > "$partial/etc/systemd/system/booted.service" <<'UNIT'
[Unit]
Description=Tell the tests that the system is up
After=basic.target dbus.service systemd-user-sessions.service systemd-logind.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo booted > /run/tests/booted'
UNIT
mkdir -p "$partial/etc/systemd/system/multi-user.target.wants"
ln -s ../booted.service "$partial/etc/systemd/system/multi-user.target.wants/booted.service"
: > "$partial/etc/machine-id"
echo "$made_by" > "$partial/.ready"
rm -rf --one-file-system "$root"
mv "$partial" "$root"

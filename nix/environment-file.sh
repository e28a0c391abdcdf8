# Runs a command with the variables of a file. The file is read as systemd reads EnvironmentFile=: NAME=value, blank
# lines, # and ; for comments. Quotes around a value are removed, and backslashes are escapes. Nothing is substituted
# or run: a value may be a secret with any characters. Unlike in systemd, a value ends with its line.
# Usage: sh environment-file.sh FILE COMMAND [ARGUMENT...]

kapso_file=$1
shift

# Removes backslashes from kapso_value: all, or with an argument those before one of its characters.
kapso_unescape() {
  kapso_rest=$kapso_value
  kapso_value=
  while :; do
    case $kapso_rest in
      *\\*) ;;
      *) break ;;
    esac
    kapso_value=$kapso_value${kapso_rest%%\\*}
    kapso_rest=${kapso_rest#*\\}
    kapso_next=${kapso_rest%"${kapso_rest#?}"}
    case ${1-$kapso_next} in
      *"$kapso_next"*) ;;
      *) kapso_value=$kapso_value\\ ;;
    esac
    kapso_value=$kapso_value$kapso_next
    kapso_rest=${kapso_rest#?}
  done
  kapso_value=$kapso_value$kapso_rest
}

# Removes the blanks around kapso_value, and the carriage return of a file from Windows.
kapso_trim() {
  kapso_value=${kapso_value#"${kapso_value%%[![:space:]]*}"}
  kapso_value=${kapso_value%"${kapso_value##*[![:space:]]}"}
}

kapso_number=0
while IFS= read -r kapso_value || [ -n "$kapso_value" ]; do
  kapso_number=$((kapso_number + 1))
  kapso_trim
  case $kapso_value in
    '' | [#\;]*) continue ;;
    *=*) kapso_name=${kapso_value%%=*} ;;
    *) kapso_name= ;;
  esac
  kapso_name=${kapso_name%"${kapso_name##*[![:space:]]}"}
  case $kapso_name in
    '' | [!A-Za-z_]* | *[!A-Za-z0-9_]*)
      echo "$kapso_file: line $kapso_number is not NAME=value and is passed over" >&2
      continue
      ;;
  esac
  kapso_value=${kapso_value#*=}
  kapso_trim
  case $kapso_value in
    \'*\')
      kapso_value=${kapso_value#?}
      kapso_value=${kapso_value%?}
      ;;
    \"*\")
      kapso_value=${kapso_value#?}
      kapso_value=${kapso_value%?}
      kapso_unescape '"\$`'
      ;;
    *) kapso_unescape ;;
  esac
  export "$kapso_name=$kapso_value"
done <"$kapso_file" || exit 66

exec "$@"

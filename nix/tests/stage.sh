# Plays the customers and looks at what became of their messages, over the control interfaces of the simulated Kapso and gateway.
#
#   stage customer PHONE TEXT [COUNT [SENDERS]]  someone writes ({n} in the text is the number); prints the messages' ids
#   stage answers                                what the customers got, oldest first: PHONE TEXT
#   stage runs                                   what the agent worked on, oldest first: KEY EXECUTIONS STATUS
#   stage await kapso|gateway COUNTER COUNT      returns when the counter has got there, fails after a minute
#   stage count kapso|gateway COUNTER
#   stage poll [TIMES]                           has the poller look at Kapso, and returns when it has
#   stage set kapso|gateway SETTINGS             see the simulators; in JSON
#   stage fault kapso|gateway FAULT
#   stage register URL SECRET                    registers a webhook at Kapso; prints its id
#   stage webhook ID SETTINGS                    changes it
#   stage webhooks                               the addresses that are registered
#   stage deliveries                             what Kapso delivered to webhooks: ATTEMPT STATUS
#   stage deliver FORM ID SECRET                 delivers a message to the webhook now, once more perhaps; prints the status
#   stage deliver-unsigned FORM ID

kapso=http://127.0.0.1:8080
gateway=http://127.0.0.1:18789
webhook=http://127.0.0.1:18790/webhook

request() { curl --silent --show-error --fail-with-body "$@"; }

side() {
  case $1 in
    kapso) echo "$kapso/__sim" ;;
    gateway) echo "$gateway/__sim" ;;
    *) echo "stage: kapso or gateway, not $1" >&2 && return 64 ;;
  esac
}

count() { request "$(side "$1")/state" | jq --arg name "$2" '.counts[$name] // 0'; }
await() { request "$(side "$1")/wait?for=$2&count=$3&timeout=60000" >/dev/null; }
webhooks_api() { # PATH OPTIONS…
  local path=$1
  shift
  request --header "X-API-Key: $(cat /etc/kapso-test/api-key)" --header 'Content-Type: application/json' "$@" \
    "$kapso/platform/v1/whatsapp/phone_numbers/647000000000001/webhooks$path"
}
deliver() { request --data "$1" "$kapso/__sim/deliver" | jq -r '.status // .error'; }

command=$1
shift
case $command in
  customer)
    jq --null-input --arg from "$1" --arg text "$2" --argjson count "${3:-1}" --argjson senders "${4:-1}" \
      '{ $from, $text, $count, $senders }' | request --data @- "$kapso/__sim/inbound" | jq -r '.ids[]'
    ;;
  answers) request "$kapso/__sim/sent" | jq -r '.sent[] | "\(.to) \(.text)"' ;;
  runs) request "$gateway/__sim/runs" | jq -r '.runs[] | "\(.key) \(.executions) \(.status)"' ;;
  await) await "$1" "$2" "$3" ;;
  count) count "$1" "$2" ;;
  poll)
    for _ in $(seq "${1:-1}"); do
      before=$(count kapso list)
      systemctl kill --kill-whom=main --signal=SIGUSR2 kapso-whatsapp-poller.service
      await kapso list $((before + 1))
    done
    ;;
  set) request --data "$2" "$(side "$1")/config" >/dev/null ;;
  fault) request --data "$2" "$(side "$1")/faults" >/dev/null ;;
  register)
    jq --null-input --arg url "$1" --arg secret_key "$2" \
      '{ whatsapp_webhook: { $url, $secret_key, kind: "kapso", events: ["whatsapp.message.received"] } }' |
      webhooks_api "" --data @- | jq -r '.data.id'
    ;;
  webhook)
    jq --null-input --argjson settings "$2" '{ whatsapp_webhook: $settings }' |
      webhooks_api "/$1" --request PATCH --data @- >/dev/null
    ;;
  webhooks) webhooks_api "" | jq -r '.data[].url' ;;
  deliveries) request "$kapso/__sim/deliveries" | jq -r '.deliveries[] | "\(.attempt) \(.status // .error)"' ;;
  deliver)
    deliver "$(jq --null-input --arg url "$webhook" --arg form "$1" --arg id "$2" --arg secret "$3" \
      '{ $url, $form, $id, $secret }')"
    ;;
  deliver-unsigned)
    deliver "$(jq --null-input --arg url "$webhook" --arg form "$1" --arg id "$2" '{ $url, $form, $id, unsigned: true }')"
    ;;
  *) echo "stage: there is no command $command" >&2 && exit 64 ;;
esac

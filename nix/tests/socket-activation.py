SOCKET = "kapso-whatsapp-poller.socket"


def number_of(phone: str, offset: int) -> str:
    return f"+{int(phone) + offset}"


def ended_by_itself() -> None:
    machine.wait_until_succeeds(f"systemctl show --property=ActiveState {POLLER} | grep --line-regexp ActiveState=inactive")
    service = machine.get_unit_info(POLLER)
    assert service["Result"] == "success" and service["NRestarts"] == "0", f"it did not end well: {service['Result']}"


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")
machine.wait_for_unit(SOCKET)
machine.wait_for_open_port(8080)
machine.wait_for_open_port(18789)
secret = machine.succeed("cat /etc/kapso-test/webhook-secret").strip()

with subtest("systemd listens in the service's place, and nothing runs before the first webhook"):
    machine.require_unit_state(POLLER, "inactive")
    machine.succeed("ss --no-header --listening --tcp --numeric 'sport = 18790' | grep --fixed-strings 127.0.0.1:18790")
    machine.require_unit_state(POLLER, "inactive")

with subtest("The first webhook starts the service and is answered 200, and its customer is answered once"):
    message = writes(ANNA, "good morning")
    assert machine.succeed(f"stage deliver v2 {message} {secret}").strip() == "200"
    everybody_was_answered_once()

with subtest("When nothing happens any more the service ends by itself, and the socket stays open"):
    ended_by_itself()
    machine.require_unit_state(SOCKET, "active")

with subtest("A webhook starts it again; one that had come before is not answered again"):
    assert machine.succeed(f"stage deliver v2 {message} {secret}").strip() == "200"
    again = writes(ANNA, "good evening")
    assert machine.succeed(f"stage deliver v2 {again} {secret}").strip() == "200"
    everybody_was_answered_once()
    ended_by_itself()

with subtest("While the service restarts, again and again, no webhook is turned away and none is lost or doubled"):
    webhook = machine.succeed(f"stage register {URL} {secret}").strip()
    # Each delivery has its own connection. A kept one may break during a request, which Kapso would have to repeat.
    machine.succeed(f"""stage webhook {webhook} '{{"headers": {{"Connection": "close"}}}}'""")
    for wave in range(5):
        machine.succeed(f"stage customer {ANNA} 'wave {wave} number {{n}}' 10 5")
        for number in range(1, 11):
            phone = number_of(ANNA, (number - 1) % 5)
            expected.setdefault(phone, []).append(f"You said: wave {wave} number {number}")
        machine.succeed(f"systemctl restart {POLLER}")
    machine.succeed("stage await kapso delivered 50")
    everybody_was_answered_once()
    deliveries = machine.succeed("stage deliveries").splitlines()
    assert deliveries == ["1 200"] * 50, f"not every delivery was taken at its first attempt: {deliveries}"
    ended_by_itself()

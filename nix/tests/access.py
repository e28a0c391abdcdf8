import re

STRANGER = "+15550100003"
INTRUDER = "+15550100004"


def access(command: str) -> str:
    """Runs a command of the operator."""
    return machine.succeed(f"kapso-whatsapp-cli access {command} --state-dir /var/lib/kapso-whatsapp")


def code_of(phone: str) -> str:
    """The pairing code that somebody got by WhatsApp. It is the only thing that they got."""
    machine.wait_until_succeeds(f"stage answers | grep --quiet --fixed-strings '{phone} '")
    [answer] = [line for line in machine.succeed("stage answers").splitlines() if line.startswith(f"{phone} ")]
    found = re.search(r"\b[A-HJ-NP-Z2-9]{8}\b", answer)
    assert found, f"there is no code in {answer}"
    expected.setdefault(phone, []).insert(0, answer.split(" ", 1)[1])
    return found.group()


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")
machine.wait_for_unit(POLLER)
machine.wait_for_open_port(8080)
machine.wait_for_open_port(18789)
machine.succeed("stage await kapso list 1", "stage await gateway connected 1")

with subtest("A listed contact is answered without more ado"):
    writes(ANNA, "good morning")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("A stranger gets a code, and the agent gets nothing"):
    machine.succeed(f"stage customer {STRANGER} 'let me in'", f"stage customer {STRANGER} 'please'", "stage poll")
    code = code_of(STRANGER)
    assert code in access("list")
    assert machine.succeed("stage runs | wc --lines").strip() == "1"

with subtest("A service that is killed while the stranger waits keeps the messages and the code"):
    machine.succeed(f"systemctl kill --signal=SIGKILL {POLLER}")
    machine.wait_for_unit(POLLER)
    machine.succeed("stage poll 2")
    assert code in access("list")

with subtest("After the approval all that was held is answered, in order and once"):
    access(f"approve {code}")
    expected[STRANGER] += ["You said: let me in", "You said: please"]
    everybody_was_answered_once()
    writes(STRANGER, "thank you")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("Who is denied is never heard"):
    machine.succeed(f"stage customer {INTRUDER} 'let me in too'", "stage poll")
    access(f"deny {code_of(INTRUDER)}")
    machine.succeed(f"stage customer {INTRUDER} 'hello?'", "stage poll 2")
    everybody_was_answered_once()

with subtest("Who is revoked is a stranger again, also for what waits already"):
    machine.succeed("systemctl stop openclaw-gateway.service")
    machine.succeed(f"stage customer {STRANGER} 'still there?'", "stage poll")
    access(f"revoke {STRANGER}")
    machine.succeed("systemctl start openclaw-gateway.service")
    machine.wait_for_open_port(18789)
    writes(ANNA, "are you back?")
    machine.succeed("stage poll")
    machine.wait_until_succeeds("stage answers | grep --quiet 'are you back?'")
    got = [line for line in machine.succeed("stage answers").splitlines() if line.startswith(f"{STRANGER} ")]
    assert not any("still there?" in line for line in got), got

with subtest("The agent worked on nothing of who may not write"):
    assert len(machine.succeed("stage runs").splitlines()) == 5

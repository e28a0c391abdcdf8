# Goes before a test's script: who writes, and who must have been answered with what.
POLLER = "kapso-whatsapp-poller.service"
ANNA = "+15550100001"
BEN = "+15550100002"
URL = "http://127.0.0.1:18790/webhook"

expected: dict[str, list[str]] = {}


def writes(phone: str, text: str) -> str:
    """A customer writes; the id of the message."""
    expected.setdefault(phone, []).append(f"You said: {text}")
    return machine.succeed(f"stage customer {phone} '{text}'").strip()


def started() -> int:
    """How many runs the agent has begun."""
    return int(machine.succeed("stage count gateway started"))


def everybody_was_answered_once() -> None:
    total = sum(len(texts) for texts in expected.values())
    machine.succeed(f"stage await kapso sent {total}")
    got: dict[str, list[str]] = {}
    for answer in machine.succeed("stage answers").splitlines():
        phone, text = answer.split(" ", 1)
        got.setdefault(phone, []).append(text)
    assert got == expected, f"the customers got {got}"



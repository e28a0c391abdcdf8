# Both pollers, with their state directories.
SECOND = "kapso-whatsapp-second.service"
STATES = {POLLER: "/var/lib/kapso-whatsapp", SECOND: "/var/lib/kapso-whatsapp-second"}
# Seconds after which another poller has what one had that is gone, and a lease: what is handed over needs no wait for its end.
TAKE_OVER = 15
LEASE = 10


def polls(unit: str) -> str:
    """A command that succeeds when this poller says that it is the one that polls."""
    return f"jq --exit-status '.roles.own | index(\"polling:647000000000001\")' {STATES[unit]}/status.json"


def other(unit: str) -> str:
    return POLLER if unit == SECOND else SECOND


def who_polls() -> str:
    machine.wait_until_succeeds(f"{polls(POLLER)} || {polls(SECOND)}")
    units = [unit for unit in STATES if machine.execute(polls(unit))[0] == 0]
    assert len(units) == 1, f"these poll: {units}"
    return units[0]


def agent_works_on(*texts: str) -> None:
    """Anna and Ben write, and the agent has begun with what they wrote first."""
    before = started()
    for text in texts:
        writes(ANNA, text)
        writes(BEN, text)
    machine.succeed(f"stage await gateway started {before + 2}")


def is_struck(signal: str, working_on: list[str], then: str) -> str:
    """The one that polls gets a signal while the agent works, and the other one takes over; the unit that got it."""
    unit = who_polls()
    agent_works_on(*working_on)
    machine.succeed(f"systemctl kill --signal={signal} {unit}")
    machine.wait_until_succeeds(polls(other(unit)), timeout=TAKE_OVER)
    writes(ANNA, then)
    everybody_was_answered_once()
    return unit


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")

with subtest("Both are up, with one database, which they reach as its owner and without a password"):
    machine.wait_for_unit(POLLER)
    machine.wait_for_unit(SECOND)
    machine.succeed("stage await gateway connected 2")
    owner = machine.succeed(f"ps --no-headers --format=user:32 --pid={machine.get_unit_property(POLLER, 'MainPID')}").strip()
    assert owner == "kapso-whatsapp", f"the service runs as {owner}"
    for directory in STATES.values():
        machine.fail(f"test -e {directory}/inbox.sqlite")

with subtest("One of them polls, and each customer is answered once, in order"):
    who_polls()
    for number in range(1, 5):
        writes(ANNA, f"number {number}")
        writes(BEN, f"number {number}")
    everybody_was_answered_once()
    assert machine.succeed("kapso-whatsapp-cli inbox list --json | jq length").strip() == "8"

with subtest("One is killed while the agent works: the other one takes over, and everybody is answered once"):
    machine.succeed("""stage set gateway '{"agentDelay": 3000}'""")
    gone = is_struck("SIGKILL", ["in the midst", "and after it"], "is anybody there?")
    assert machine.get_unit_property(gone, "ActiveState") == "failed"

with subtest("It comes back and works along; whoever is stopped hands over at once"):
    machine.succeed(f"systemctl start {gone}")
    machine.wait_for_unit(gone)
    leaves = who_polls()
    writes(BEN, "both of you again?")
    everybody_was_answered_once()
    machine.succeed(f"systemctl stop {leaves}")
    machine.wait_until_succeeds(polls(other(leaves)), timeout=LEASE - 1)
    writes(BEN, "one of you is enough")
    everybody_was_answered_once()
    machine.succeed(f"systemctl start {leaves}")
    machine.wait_for_unit(leaves)

with subtest("One that stands still loses what it had; when it goes on it sends nothing of that, and works along"):
    still = is_struck("SIGSTOP", ["stand still", "and go on"], "who is it this time?")
    machine.succeed(f"systemctl kill --signal=SIGCONT {still}")
    machine.wait_until_succeeds(f"journalctl --no-pager --unit={still} | grep --fixed-strings --quiet 'A claim was lost'")
    machine.wait_until_fails(polls(still))
    writes(BEN, "good night")
    everybody_was_answered_once()

with subtest("The agent worked on each message once"):
    runs = machine.succeed("stage runs").splitlines()
    assert len(runs) == sum(len(texts) for texts in expected.values()), runs
    assert all(run.endswith(" 1 ok") for run in runs), runs

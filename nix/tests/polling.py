start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")

with subtest("The service is up, asks Kapso for messages and is connected to the gateway"):
    machine.wait_for_unit(POLLER)
    machine.wait_for_open_port(8080)
    machine.wait_for_open_port(18789)
    machine.succeed("stage await kapso list 1", "stage await gateway connected 1")
    # The gateway forgets what it has done. From here on only the bridge prevents a second answer to a repetition.
    machine.succeed("""stage set gateway '{"memory": 0}'""")

with subtest("Each customer is answered once, at the number that wrote"):
    writes(ANNA, "good morning")
    writes(BEN, "good evening")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("Messages of one customer are worked on in their order"):
    for number in range(1, 9):
        writes(ANNA, f"number {number}")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("What Kapso lists again at every poll is not delivered again"):
    machine.succeed("stage poll 3")
    # A repetition would be worked on before this message.
    writes(ANNA, "still there?")
    writes(BEN, "still there?")
    machine.succeed("stage poll")
    everybody_was_answered_once()
    assert machine.succeed("stage count gateway agent").strip() == "12"

with subtest("What came while the service was stopped is delivered after its start, and nothing again"):
    machine.stop_job(POLLER)
    machine.require_unit_state(POLLER, "inactive")
    writes(ANNA, "are you awake?")
    machine.start_job(POLLER)
    machine.wait_for_unit(POLLER)
    everybody_was_answered_once()
    writes(ANNA, "you are")
    writes(BEN, "me too")
    machine.succeed("stage poll 2")
    everybody_was_answered_once()
    assert machine.succeed("stage count gateway agent").strip() == "15"

with subtest("Polls that fail lose nothing"):
    machine.succeed("""stage fault kapso '{"kind": "list", "status": 503, "count": 2}'""")
    writes(BEN, "is this thing on?")
    machine.succeed("stage poll 3")
    everybody_was_answered_once()

with subtest("A service that is killed while the agent works comes back, and the agent has worked once"):
    machine.succeed("""stage set gateway '{"memory": 300000, "agentDelay": 3000}'""")
    before = started()
    writes(ANNA, "this takes a while")
    machine.succeed("stage poll", f"stage await gateway started {before + 1}")
    machine.succeed(f"systemctl kill --signal=SIGKILL {POLLER}")
    everybody_was_answered_once()
    machine.wait_until_succeeds(f"systemctl show --property=NRestarts {POLLER} | grep --fixed-strings --line-regexp NRestarts=1")
    machine.wait_for_unit(POLLER)
    machine.succeed("""stage set gateway '{"agentDelay": 0}'""")
    writes(ANNA, "thank you")
    everybody_was_answered_once()
    for run in machine.succeed("stage runs").splitlines():
        assert run.endswith(" 1 ok"), f"the agent worked more than once, or not to the end: {run}"

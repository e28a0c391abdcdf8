start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")
machine.wait_for_unit(POLLER)
machine.wait_for_open_port(8080)
machine.wait_for_open_port(18789)
machine.succeed("stage await kapso list 1", "stage await gateway connected 1")

with subtest("What the agent writes reaches the customer that wrote, once"):
    writes(ANNA, "good morning")
    writes(BEN, "good evening")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("A service that is killed before the run has ended sends its answer once"):
    machine.succeed("""stage set gateway '{"agentDelay": 3000}'""")
    before = started()
    writes(ANNA, "this takes a while")
    machine.succeed("stage poll", f"stage await gateway started {before + 1}")
    machine.succeed(f"systemctl kill --signal=SIGKILL {POLLER}")
    everybody_was_answered_once()
    machine.wait_for_unit(POLLER)
    machine.succeed("""stage set gateway '{"agentDelay": 0}'""")

with subtest("A service that is killed while Kapso takes the answer does not send it again"):
    machine.succeed("""stage fault kapso '{"kind": "send", "do": "hang", "actAfter": 0}'""")
    before = int(machine.succeed("stage count kapso send"))
    writes(BEN, "are you there?")
    machine.succeed("stage poll", f"stage await kapso send {before + 1}")
    machine.succeed(f"systemctl kill --signal=SIGKILL {POLLER}")
    machine.wait_for_unit(POLLER)
    # Replies to one customer go out one after the other, so a repetition would come before this answer.
    writes(BEN, "still there?")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("An answer that Kapso did not take is sent again, and none before it"):
    machine.succeed("""stage fault kapso '{"kind": "send", "do": "reset"}'""")
    writes(ANNA, "did you get this?")
    writes(ANNA, "and this?")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("Kapso's and WhatsApp's limits are waited for"):
    machine.succeed("""stage fault kapso '{"kind": "send", "status": 429, "headers": {"Retry-After": "2"}}'""")
    pair_limit = '{"kind": "send", "status": 400, "body": {"error": {"code": 131056, "message": "pair"}}}'
    machine.succeed(f"stage fault kapso '{pair_limit}'")
    writes(ANNA, "too fast?")
    writes(BEN, "too fast?")
    machine.succeed("stage poll")
    everybody_was_answered_once()

with subtest("No message is left without an answer, and every run was one"):
    for run in machine.succeed("stage runs").splitlines():
        assert run.endswith(" 1 ok"), f"the agent worked more than once, or not to the end: {run}"

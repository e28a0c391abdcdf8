GATEWAY = "openclaw-gateway.service"

start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit(GATEWAY)
machine.wait_for_unit(POLLER)
machine.succeed("stage await gateway connected 1", "stage await kapso list 1")
poller = machine.get_unit_property(POLLER, "MainPID")

with subtest("The service is ordered after the gateway, and does not need it"):
    unit = machine.get_unit_info(POLLER)
    assert GATEWAY in unit["After"].split()
    for needs in ["Requires", "Requisite", "BindsTo"]:
        assert GATEWAY not in unit.get(needs, "").split()

with subtest("A gateway that is restarted while the agent works: all is answered once, in order"):
    machine.succeed("""stage set gateway '{"agentDelay": 2000}'""")
    before = started()
    for number in range(1, 4):
        writes(ANNA, f"before and after {number}")
    writes(BEN, "me too")
    machine.succeed("stage poll", f"stage await gateway started {before + 1}", f"systemctl restart {GATEWAY}")
    everybody_was_answered_once()

with subtest("A gateway that is killed while the agent works, and started again by systemd: the same"):
    machine.wait_until_succeeds("""stage set gateway '{"agentDelay": 2000}'""")
    before = started()
    for number in range(1, 4):
        writes(ANNA, f"under fire {number}")
    machine.succeed("stage poll", f"stage await gateway started {before + 1}", f"systemctl kill --signal=SIGKILL {GATEWAY}")
    everybody_was_answered_once()

with subtest("A gateway that is away: the messages wait, more than one poll finds them, and none is given up"):
    # An answer is out before its message is settled.
    machine.wait_until_succeeds(f"systemctl show --property=StatusText {POLLER} | grep --fixed-strings ' 0 queued'")
    machine.succeed(f"systemctl stop {GATEWAY}")
    for number in range(1, 6):
        writes(ANNA, f"while you were out {number}")
        writes(BEN, f"while you were out {number}")
    answered = machine.succeed("stage answers")
    machine.succeed("stage poll 2")
    machine.wait_until_succeeds(f"systemctl show --property=StatusText {POLLER} | grep --fixed-strings ' 10 queued'")
    machine.require_unit_state(POLLER)
    assert machine.succeed("stage answers") == answered
    machine.succeed("stage poll 2", f"systemctl start {GATEWAY}")
    everybody_was_answered_once()

with subtest("The service, too, may be restarted in the meantime"):
    assert machine.get_unit_property(POLLER, "MainPID") == poller, "the service did not survive the gateway's absence"
    machine.wait_until_succeeds(f"systemctl show --property=StatusText {POLLER} | grep --fixed-strings ' 0 queued'")
    machine.succeed(f"systemctl stop {GATEWAY}")
    writes(BEN, "and now both")
    machine.succeed("stage poll")
    machine.wait_until_succeeds(f"systemctl show --property=StatusText {POLLER} | grep --fixed-strings ' 1 queued'")
    machine.succeed(f"systemctl restart {POLLER}")
    machine.wait_for_unit(POLLER)
    machine.succeed(f"systemctl start {GATEWAY}")
    writes(BEN, "welcome back")
    everybody_was_answered_once()

with subtest("The agent worked on each message once, but for what the kill had cut off"):
    runs = machine.succeed("stage runs").splitlines()
    again = [run for run in runs if not run.endswith(" 1 ok")]
    assert len({run.split(" ")[0] for run in runs}) == sum(len(texts) for texts in expected.values())
    assert all(run.endswith(" 2 lost") or run.endswith(" 2 ok") for run in again) and len(again) == 2, runs

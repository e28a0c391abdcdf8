def everything_came_once() -> None:
    everybody_was_answered_once()
    # The agent, like the customers, did not hear of anything twice.
    total = sum(len(texts) for texts in expected.values())
    assert machine.succeed("stage count gateway agent").strip() == str(total)


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")
machine.wait_for_unit(POLLER)
secret = machine.succeed("cat /etc/kapso-test/webhook-secret").strip()
machine.succeed("stage await gateway connected 1")
# The gateway forgets what it has done. Only the bridge now prevents a second answer to a repetition.
machine.succeed("""stage set gateway '{"memory": 0}'""")
webhook = machine.succeed(f"stage register {URL} {secret}").strip()

with subtest("Beside the webhook it polls, by itself"):
    machine.succeed("stage await kapso list 3")

with subtest("A message that comes by the webhook and by polling is delivered once"):
    for number in range(1, 6):
        writes(ANNA, f"both ways {number}")
        writes(BEN, f"both ways {number}")
    machine.succeed("stage await kapso delivered 10", "stage poll 3")
    writes(ANNA, "that was all")
    writes(BEN, "that was all")
    machine.succeed("stage await kapso delivered 12", "stage poll 2")
    everything_came_once()

with subtest("A message that only polling brings is delivered, and not again when its webhook comes late"):
    machine.succeed(f"""stage webhook {webhook} '{{"active": false}}'""")
    late = writes(ANNA, "no webhook for this")
    machine.succeed("stage poll")
    everything_came_once()
    for form in ["v2", "v1", "meta"]:
        assert machine.succeed(f"stage deliver {form} {late} {secret}").strip() == "200"
    writes(ANNA, "nor for this")
    machine.succeed("stage poll 2")
    everything_came_once()

with subtest("A message that only the webhook brings is delivered, and not again when polling finds it late"):
    machine.succeed(f"""stage webhook {webhook} '{{"active": true}}'""")
    machine.succeed("""stage set kapso '{"visibleAfter": 5000}'""")
    writes(BEN, "listed late")
    everything_came_once()
    machine.succeed("""stage set kapso '{"visibleAfter": 0, "clockOffset": 5000}'""")
    machine.succeed("stage poll 2")
    writes(BEN, "and now?")
    machine.succeed("stage poll 2")
    everything_came_once()

with subtest("A restart between the two ways changes nothing"):
    machine.succeed(f"systemctl restart {POLLER}")
    machine.wait_for_unit(POLLER)
    again = writes(BEN, "after the restart")
    machine.succeed("stage poll 2")
    machine.succeed(f"systemctl restart {POLLER}")
    machine.wait_for_unit(POLLER)
    assert machine.succeed(f"stage deliver v2 {again} {secret}").strip() == "200"
    assert machine.succeed(f"stage deliver v2 {late} {secret}").strip() == "200"
    machine.succeed("stage poll 2")
    writes(BEN, "and after that")
    writes(ANNA, "good night")
    machine.succeed("stage poll 2")
    everything_came_once()

def answer_to(request: str) -> str:
    curl = "curl --silent --output /dev/null --write-out '%{http_code}' --header 'Content-Type: application/json'"
    return machine.succeed(f"{curl} {request}")


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")
secret = machine.succeed("cat /etc/kapso-test/webhook-secret").strip()
token = machine.succeed("cat /etc/kapso-test/webhook-verify-token").strip()

with subtest("The webhook is open when the service is up"):
    machine.wait_for_unit(POLLER)
    machine.succeed("nc -z 127.0.0.1 18790", "stage await gateway connected 1")
    machine.succeed("""stage set gateway '{"memory": 0}'""")

with subtest("A verification request is answered with its challenge, for the right token only"):
    challenge = "'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert machine.succeed(f"curl --silent --fail {URL}?{challenge}{token}'") == "1158201444"
    assert answer_to(f"{URL}?{challenge}another'") == "403"

with subtest("What is not signed, signed with another secret or changed on its way is refused, and the agent never sees it"):
    # Kapso does not know the webhook yet, and nothing polls. So this message comes only by the delivery here.
    message = writes(ANNA, "good morning")
    assert machine.succeed(f"stage deliver-unsigned v2 {message}").strip() == "401"
    assert machine.succeed(f"stage deliver v2 {message} another-secret").strip() == "401"
    assert machine.succeed(f"stage deliver-unsigned meta {message}").strip() == "401"
    signature = "1f" * 32
    forged = answer_to(f"--header 'X-Webhook-Signature: {signature}' --data '{{}}' {URL}")
    assert forged == "401", f"a forged signature was answered {forged}"
    assert machine.succeed("stage count gateway agent").strip() == "0"

with subtest("A signed delivery is taken, and its customer is answered once"):
    assert machine.succeed(f"stage deliver v2 {message} {secret}").strip() == "200"
    everybody_was_answered_once()

with subtest("What Kapso delivers again, in whatever form, is taken and not answered again"):
    for form in ["v2", "v2-batch", "v1", "meta"]:
        assert machine.succeed(f"stage deliver {form} {message} {secret}").strip() == "200"
    follow_up = writes(ANNA, "did you get it twice?")
    assert machine.succeed(f"stage deliver v2 {follow_up} {secret}").strip() == "200"
    everybody_was_answered_once()
    assert machine.succeed("stage count gateway agent").strip() == "2"

with subtest("Registered at Kapso it takes what comes, each customer in order, and asks for nothing"):
    polls = machine.succeed("stage count kapso list")
    machine.succeed(f"stage register {URL} {secret}")
    for number in range(1, 5):
        writes(ANNA, f"number {number}")
        writes(BEN, f"number {number}")
    everybody_was_answered_once()
    machine.succeed("stage await kapso delivered 8")
    assert machine.succeed("stage count kapso list") == polls, "it polls"

with subtest("What came while the service was stopped is delivered once: Kapso tries again, and the service looks for itself"):
    machine.stop_job(POLLER)
    machine.wait_for_closed_port(18790)
    writes(BEN, "is anybody there?")
    machine.succeed("stage await kapso deliveries 9")
    machine.start_job(POLLER)
    machine.succeed("stage await kapso delivered 9")
    everybody_was_answered_once()
    writes(BEN, "there you are")
    everybody_was_answered_once()
    assert machine.succeed("stage count gateway agent").strip() == "12"

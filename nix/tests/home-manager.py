SOCKET = "kapso-whatsapp-poller.socket"
GATEWAY = "openclaw-gateway.service"
SECRETS = ["api-key", "gateway-token", "webhook-secret", "webhook-verify-token"]


def of_ada(command: str) -> str:
    status, said = machine.systemctl(command, "ada")
    assert status == 0, f"systemctl --user {command} ended with status {status}: {said}"
    return said


def poll() -> None:
    polls = int(machine.succeed("stage count kapso list"))
    of_ada(f"kill --kill-whom=main --signal=SIGUSR2 {POLLER}")
    machine.succeed(f"stage await kapso list {polls + 1}")


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit(GATEWAY)
machine.wait_for_unit("user@1000.service")
secret = machine.succeed("cat /etc/kapso-test/webhook-secret").strip()

with subtest("The service of the user starts with the user's service manager, behind a socket, and connects to the gateway"):
    machine.wait_for_unit(SOCKET, "ada")
    machine.wait_for_unit(POLLER, "ada")
    machine.succeed("stage await gateway connected 1", "stage await kapso list 1")
    machine.succeed("""stage set gateway '{"memory": 0}'""")

with subtest("It runs as the user, is ordered after the gateway and does not need it"):
    unit = machine.get_unit_info(POLLER, "ada")
    pid = unit["MainPID"]
    assert machine.succeed(f"stat --format=%U /proc/{pid}").strip() == "ada"
    assert GATEWAY in unit["After"].split()
    for needs in ["Requires", "Requisite", "BindsTo"]:
        assert GATEWAY not in unit.get(needs, "").split()

with subtest("What comes by polling and by the webhook is answered once, to who wrote"):
    writes(ANNA, "good morning")
    poll()
    everybody_was_answered_once()
    message = writes(BEN, "good evening")
    assert machine.succeed(f"stage deliver v2 {message} {secret}").strip() == "200"
    poll()
    assert machine.succeed(f"stage deliver meta {message} {secret}").strip() == "200"
    assert machine.succeed(f"stage deliver v2 {message} another-secret").strip() == "401"
    writes(BEN, "good night")
    poll()
    everybody_was_answered_once()
    assert machine.succeed("stage count gateway agent").strip() == "3"

with subtest("The socket holds what comes while the service is down, and starts it"):
    of_ada(f"stop {POLLER}")
    assert machine.get_unit_property(POLLER, "ActiveState", "ada") == "inactive"
    message = writes(ANNA, "anybody there?")
    assert machine.succeed(f"stage deliver v2 {message} {secret}").strip() == "200"
    machine.wait_for_unit(POLLER, "ada")
    everybody_was_answered_once()

with subtest("No secret is in the environment or the command line of the process, in its unit or in its configuration"):
    pid = machine.get_unit_property(POLLER, "MainPID", "ada")
    unit_files = of_ada(f"cat {POLLER}")
    shown = of_ada(f"show {POLLER}")
    process = machine.succeed(f"tr '\\0' '\\n' </proc/{pid}/environ", f"tr '\\0' '\\n' </proc/{pid}/cmdline")
    assert "--config" in process and POLLER in shown and "ExecStart" in unit_files
    configuration = machine.succeed(f"tr '\\0' '\\n' </proc/{pid}/cmdline | grep --max-count=1 '[.]json$' | xargs cat")
    assert "/etc/kapso-test/of-ada/api-key" in configuration
    for name in SECRETS:
        value = machine.succeed(f"cat /etc/kapso-test/{name}").strip()
        assert value not in unit_files + shown + process + configuration, f"{name} can be read"

with subtest("Its state is the user's alone"):
    machine.succeed("test -e /home/ada/.config/kapso-whatsapp/inbox.sqlite")
    machine.fail("find /home/ada/.config/kapso-whatsapp -perm /077 | grep .")
    # nix-openclaw writes this file, for the agent's environment.
    machine.fail("test -e /home/ada/.config/kapso-whatsapp/config.json")

with subtest("The command line has the same configuration, and answers as the user"):
    machine.succeed(f"runuser --login ada --command 'kapso-whatsapp-cli send --to {ANNA} --text \"from the shell\"'")
    expected[ANNA].append("from the shell")
    everybody_was_answered_once()
    machine.wait_until_succeeds("runuser --login ada --command 'kapso-whatsapp-cli status'")

import re

POLLER = "kapso-whatsapp-poller.service"
ANNA = "+15550100001"
CREDENTIALS = f"/run/credentials/{POLLER}"
DROP_IN = f"/run/systemd/system/{POLLER}.d"
# Each credential's name, and the file that it comes from.
FILES = {
    "kapso-api-key": "api-key",
    "gateway-token": "gateway-token",
    "webhook-secret": "webhook-secret",
    "webhook-verify-token": "webhook-verify-token",
}


def status_of(pid: int) -> dict[str, str]:
    lines = machine.succeed(f"cat /proc/{pid}/status").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def main_pid() -> int:
    return int(machine.get_unit_property(POLLER, "MainPID"))


def inside(pid: int, command: str) -> str:
    """The command, as the service's user and with the file system as the service has it."""
    user = status_of(pid)["Uid"].split()[0]
    group = status_of(pid)["Gid"].split()[0]
    return f"nsenter --target {pid} --mount setpriv --reuid {user} --regid {group} --clear-groups sh -c '{command}'"


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")
machine.wait_for_unit(POLLER)
machine.succeed("stage await gateway connected 1")
secrets = {name: machine.succeed(f"cat /etc/kapso-test/{file}").strip() for name, file in FILES.items()}
pid = main_pid()

with subtest("The service has its secrets, and works with them"):
    message = machine.succeed(f"stage customer {ANNA} hello").strip()
    assert machine.succeed(f"stage deliver v2 {message} {secrets['webhook-secret']}").strip() == "200"
    machine.succeed("stage await kapso sent 1")
    assert machine.succeed("stage answers").splitlines() == [f"{ANNA} You said: hello"]

with subtest("A secret can be read by the service, and by no other user"):
    for name, file in FILES.items():
        assert machine.succeed(inside(pid, f"cat {CREDENTIALS}/{name}")).strip() == secrets[name]
        machine.fail(f"runuser --user eve -- cat {CREDENTIALS}/{name}")
        machine.fail(f"runuser --user eve -- cat /etc/kapso-test/{file}")
        machine.fail(inside(pid, f"cat /etc/kapso-test/{file}"))

with subtest("A secret is neither in the unit nor in the process's environment, its command line, its files or the journal"):
    machine.succeed("journalctl --sync")
    places = {
        "the unit": f"systemctl show {POLLER}; systemctl cat {POLLER}",
        "the environment": f"tr '\\0' '\\n' </proc/{pid}/environ",
        "the command line": f"tr '\\0' ' ' </proc/{pid}/cmdline",
        "the journal": f"journalctl --no-pager --output=cat --unit={POLLER}",
        "the state directory": "grep --recursive --text --no-filename . /var/lib/private/kapso-whatsapp",
    }
    said = {place: machine.succeed(command) for place, command in places.items()}
    for place, text in said.items():
        assert text.strip() != "", f"nothing was read of {place}"
        for name, secret in secrets.items():
            assert secret not in text, f"{name} is in {place}"

with subtest("The process is a user of its own without a privilege, behind a filter of system calls"):
    status = status_of(pid)
    assert status["Uid"].split()[0] != "0"
    assert int(status["CapEff"], 16) == 0 and int(status["CapBnd"], 16) == 0 and int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"

with subtest("It can write to its state directory and nowhere else"):
    machine.succeed(inside(pid, "touch /var/lib/kapso-whatsapp/probe && rm /var/lib/kapso-whatsapp/probe"))
    for place in ["/", "/etc", "/usr", "/run", "/var/lib", "/var/lib/private", "/var/log", "/dev", CREDENTIALS]:
        machine.fail(inside(pid, f"touch {place}/probe"))
    # Permissions are not the only reason: even for root, without a privilege to mount, these are read-only.
    for place in ["/etc", "/usr", "/var/lib", "/var/log", CREDENTIALS]:
        machine.fail(f"nsenter --target {pid} --mount touch {place}/probe")
    # Other users' homes do not exist for the service, and others do not see what it leaves in /tmp.
    machine.succeed("touch /home/eve/diary /tmp/of-others")
    machine.fail(inside(pid, "test -e /home/eve"), inside(pid, "test -e /tmp/of-others"))

with subtest("Nobody else can read its state: messages are in it"):
    assert machine.succeed("stat --format=%a /var/lib/private/kapso-whatsapp").strip() == "700"
    machine.fail("runuser --user eve -- ls /var/lib/kapso-whatsapp/")
    machine.fail("find /var/lib/private/kapso-whatsapp -type f -perm /077 | grep .")

with subtest("systemd finds the service exposed at no more than 1.1"):
    exposure = machine.succeed(f"systemd-analyze security --no-pager {POLLER}")
    found = re.search(r"Overall exposure level .*: ([0-9.]+)", exposure)
    assert found and float(found.group(1)) <= 1.1, f"it is exposed at {found and found.group(1)}"

with subtest("A wrong configuration is started once, says what is wrong, and is not started again"):
    machine.succeed(f"systemctl stop {POLLER}", f"mkdir --parents {DROP_IN}")
    machine.succeed(
        f"printf '[Service]\\nEnvironment=KAPSO_POLL_INTERVAL=1\\nRestartSec=0\\n' >{DROP_IN}/wrong.conf",
        "systemctl daemon-reload",
    )
    machine.fail(f"systemctl start {POLLER}")
    service = machine.get_unit_info(POLLER)
    # If another start were to come, the state would be activating and auto-restart.
    assert (service["ActiveState"], service["SubState"]) == ("failed", "failed")
    assert (service["Result"], service["ExecMainStatus"], service["NRestarts"]) == ("exit-code", "78", "0")
    invocation = service["InvocationID"]
    said = {"why": machine.succeed(f"journalctl --no-pager --output=cat _SYSTEMD_INVOCATION_ID={invocation}")}
    assert "KAPSO_POLL_INTERVAL" in said["why"], said["why"]

with subtest("So is a secret that is empty"):
    machine.succeed(f"rm {DROP_IN}/wrong.conf", ": >/run/empty")
    machine.succeed(f"printf '[Service]\\nLoadCredential=\\nLoadCredential=kapso-api-key:/run/empty\\n' >{DROP_IN}/empty.conf")
    machine.succeed("systemctl daemon-reload", f"systemctl reset-failed {POLLER}")
    machine.fail(f"systemctl start {POLLER}")
    service = machine.get_unit_info(POLLER)
    assert (service["SubState"], service["ExecMainStatus"], service["NRestarts"]) == ("failed", "78", "0")

with subtest("A right one runs again, and is started again when it is killed"):
    machine.succeed(f"rm {DROP_IN}/empty.conf", "systemctl daemon-reload", f"systemctl reset-failed {POLLER}")
    machine.succeed(f"systemctl start {POLLER}", f"systemctl kill --signal=SIGKILL {POLLER}")
    machine.wait_until_succeeds(f"systemctl show --property=NRestarts {POLLER} | grep --line-regexp NRestarts=1")
    machine.wait_for_unit(POLLER)

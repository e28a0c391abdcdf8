POLLER = "kapso-whatsapp-poller.service"
FAKE = "/run/fake-tailscale"
ANNA = "+15550100001"
PUBLIC = "https://machine.tail0000.ts.net/webhook"

answers: list[str] = []


def is_delivered_and_answered_once(text: str, secret: str) -> None:
    message = machine.succeed(f"stage customer {ANNA} '{text}'").strip()
    answers.append(f"{ANNA} You said: {text}")
    for _ in range(2):
        assert machine.succeed(f"stage deliver v2 {message} {secret}").strip() == "200"
    machine.succeed(f"stage await kapso sent {len(answers)}")
    got = machine.succeed("stage answers").splitlines()
    assert got == answers, f"the customer got {got}"


def calls() -> list[str]:
    return machine.succeed(f"cat {FAKE}/calls").splitlines()


def await_funnels(count: int) -> None:
    machine.wait_until_succeeds(f"test $(grep --count --line-regexp 'funnel 18790' {FAKE}/calls) -ge {count}")


def funnel_pid() -> str:
    """The process of the tunnel that is open: the fake has become a sleep by then."""
    return machine.wait_until_succeeds("pgrep --exact sleep").strip()


def journal_says(text: str) -> None:
    machine.wait_until_succeeds(f"journalctl --no-pager --output=cat --unit={POLLER} | grep --fixed-strings --quiet '{text}'")


start_all()
machine.wait_for_unit("kapso-simulator.service")
machine.wait_for_unit("openclaw-gateway.service")
machine.wait_for_unit(POLLER)
secret = machine.succeed("cat /etc/kapso-test/webhook-secret").strip()
machine.succeed("stage await gateway connected 1")
machine.succeed("""stage set gateway '{"memory": 0}'""")

with subtest("The service opens the tunnel as the account that may, and says under which address"):
    journal_says(PUBLIC)
    assert calls() == ["status --json", "funnel 18790"], calls()
    owner = machine.succeed(f"ps --no-headers --format=user:32 --pid={funnel_pid()}").strip()
    assert owner == "kapso-whatsapp", f"the tunnel belongs to {owner}"

with subtest("The address is registered at Kapso, once"):
    machine.wait_until_succeeds("stage webhooks | grep .")
    assert machine.succeed("stage webhooks").splitlines() == [PUBLIC]

with subtest("What comes through the tunnel is delivered, and a customer is answered once"):
    is_delivered_and_answered_once("hello", secret)

with subtest("A tunnel that breaks is opened again, and nothing is registered twice"):
    machine.succeed(f"kill -KILL {funnel_pid()}")
    await_funnels(2)
    is_delivered_and_answered_once("still there?", secret)
    assert machine.succeed("stage webhooks").splitlines() == [PUBLIC]

with subtest("Without the permission the service goes on and says what to do; with it the tunnel opens by itself"):
    machine.succeed(f"cp {FAKE}/funnel {FAKE}/allowed", f"echo 'fail \"Access denied: serve config denied\"' >{FAKE}/funnel")
    pid = machine.get_unit_property(POLLER, "MainPID")
    machine.succeed(f"kill -KILL {funnel_pid()}")
    journal_says("tailscale set --operator=")
    is_delivered_and_answered_once("from the inside", secret)
    machine.succeed(f"cp {FAKE}/allowed {FAKE}/funnel")
    funnel_pid()
    assert machine.get_unit_property(POLLER, "MainPID") == pid

with subtest("The tunnel ends with the service, however that ends"):
    tunnel = funnel_pid()
    machine.succeed(f"systemctl stop {POLLER}")
    machine.fail(f"test -d /proc/{tunnel}")
    before = calls().count("funnel 18790")
    machine.succeed(f"systemctl start {POLLER}")
    await_funnels(before + 1)
    tunnel = funnel_pid()
    machine.succeed(f"systemctl kill --kill-whom=main --signal=SIGKILL {POLLER}")
    machine.wait_until_fails(f"test -d /proc/{tunnel}")
    machine.wait_for_unit(POLLER)
    await_funnels(before + 2)
    is_delivered_and_answered_once("back again", secret)

{ self }:
{
  name = "kapso-whatsapp-socket-activation";
  nodes.machine = {
    imports = [ (import ./common.nix { inherit self; }) ];
    services.kapso-whatsapp = {
      settings = {
        mode = "domain";
        webhook.listen = "127.0.0.1:18790";
      };
      secrets = {
        KAPSO_WEBHOOK_SECRET = "/etc/kapso-test/webhook-secret";
        KAPSO_WEBHOOK_VERIFY_TOKEN = "/etc/kapso-test/webhook-verify-token";
      };
      socketActivation = {
        enable = true;
        idleExit = 2;
      };
    };
    # The real Kapso's times, for an answer and between attempts.
    systemd.services.kapso-simulator.environment.WEBHOOK_SCALE = "1";
  };
  testScript = builtins.readFile ./customers.py + builtins.readFile ./socket-activation.py;
}

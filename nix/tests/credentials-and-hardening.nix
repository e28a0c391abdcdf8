{ self }:
{
  name = "kapso-whatsapp-credentials-and-hardening";
  nodes.machine = {
    imports = [ (import ./common.nix { inherit self; }) ];
    services.kapso-whatsapp = {
      settings = {
        mode = "domain";
        webhook.listen = "127.0.0.1:18790";
        log.level = "debug";
      };
      secrets = {
        KAPSO_WEBHOOK_SECRET = "/etc/kapso-test/webhook-secret";
        KAPSO_WEBHOOK_VERIFY_TOKEN = "/etc/kapso-test/webhook-verify-token";
      };
    };
    users.users.eve.isNormalUser = true;
  };
  testScript = builtins.readFile ./credentials-and-hardening.py;
}

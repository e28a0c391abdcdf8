{ self }:
{
  name = "kapso-whatsapp-webhook";
  nodes.machine = {
    imports = [ (import ./common.nix { inherit self; }) ];
    services.kapso-whatsapp = {
      settings = {
        mode = "domain";
        webhook = {
          listen = "127.0.0.1:18790";
          requireSignature = true;
        };
      };
      secrets = {
        KAPSO_WEBHOOK_SECRET = "/etc/kapso-test/webhook-secret";
        KAPSO_WEBHOOK_VERIFY_TOKEN = "/etc/kapso-test/webhook-verify-token";
      };
    };
  };
  testScript = builtins.readFile ./customers.py + builtins.readFile ./webhook.py;
}

{ self }:
{
  name = "kapso-whatsapp-tailscale";
  nodes.machine =
    { lib, pkgs, ... }:
    let
      # Prints what the real CLI prints. Only its operator may open a funnel, as with the real daemon.
      fake = pkgs.writeShellScriptBin "tailscale" (
        "export FAKE_TAILSCALE=/run/fake-tailscale\n" + builtins.readFile ../../test/fixtures/tailscale/tailscale
      );
    in
    {
      imports = [ (import ./common.nix { inherit self; }) ];
      services.kapso-whatsapp = {
        settings = {
          mode = "tailscale";
          webhook = {
            listen = "127.0.0.1:18790";
            register = true;
          };
        };
        secrets = {
          KAPSO_WEBHOOK_SECRET = "/etc/kapso-test/webhook-secret";
          KAPSO_WEBHOOK_VERIFY_TOKEN = "/etc/kapso-test/webhook-verify-token";
        };
        tailscale = {
          enable = true;
          package = fake;
        };
      };
      # The daemon would need a tailnet.
      services.tailscale.enable = lib.mkForce false;
      systemd.tmpfiles.rules = [
        "d /run/fake-tailscale 0755 kapso-whatsapp kapso-whatsapp -"
        "f /run/fake-tailscale/status 0644 root root - running"
        (
          "f /run/fake-tailscale/funnel 0644 root root - "
          + "[ \"$(id -un)\" = kapso-whatsapp ] || fail \"Access denied: serve config denied\"; open_tunnel; hang"
        )
      ];
      systemd.services.kapso-whatsapp-poller.serviceConfig.ReadWritePaths = [ "/run/fake-tailscale" ];
    };
  testScript = builtins.readFile ./tailscale.py;
}

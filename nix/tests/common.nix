# What every test has around the service: a simulated Kapso, an OpenClaw gateway, and secrets in files. The gateway's
# agent repeats what it is told, and sends by the CLI as a real agent would. Everything is on one machine, so that
# nothing leaves it.
{ self }:
{ lib, pkgs, ... }:
let
  inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) cli simulator;
  run = "${simulator}/bin/kapso-whatsapp-simulator";
  phoneNumberId = "647000000000001";
  secret = text: {
    text = "${text}\n";
    mode = "0400";
  };
  simulated = {
    wantedBy = [ "multi-user.target" ];
    environment = {
      KAPSO_PHONE_NUMBER_ID = phoneNumberId;
      KAPSO_BASE_URL = "http://127.0.0.1:8080";
    };
    serviceConfig = {
      EnvironmentFile = "/etc/kapso-test/simulator.env";
      DynamicUser = true;
      Restart = "always";
      RestartSec = 1;
    };
  };
in
{
  imports = [ self.nixosModules.default ];

  environment.etc = {
    "kapso-test/api-key" = secret "api-key-3c9d70e1";
    "kapso-test/gateway-token" = secret "gateway-token-58a1";
    "kapso-test/webhook-secret" = secret "webhook-secret-90b2";
    "kapso-test/webhook-verify-token" = secret "verify-token-6b1f";
    "kapso-test/simulator.env" = secret "KAPSO_API_KEY=api-key-3c9d70e1\nOPENCLAW_TOKEN=gateway-token-58a1";
  };
  environment.systemPackages = [
    pkgs.curl
    pkgs.jq
    (pkgs.writeShellApplication {
      name = "stage";
      runtimeInputs = [
        pkgs.curl
        pkgs.jq
      ];
      text = builtins.readFile ./stage.sh;
    })
  ];

  systemd.services.kapso-simulator = lib.mkMerge [
    simulated
    {
      description = "Simulated Kapso";
      # A fifth of Kapso's times: it waits 10 s for a webhook's answer, and 10, 40 and 90 s between attempts.
      environment.WEBHOOK_SCALE = lib.mkDefault "0.2";
      serviceConfig = {
        ExecStart = "${run} kapso --port 8080 --state %S/kapso-simulator/journal --webhook-scale \${WEBHOOK_SCALE}";
        StateDirectory = "kapso-simulator";
      };
    }
  ];
  systemd.services.openclaw-gateway = lib.mkMerge [
    simulated
    {
      description = "Simulated OpenClaw gateway with an echo agent";
      environment.KAPSO_STATE_DIR = "/var/lib/openclaw-gateway";
      serviceConfig = {
        ExecStart = "${run} gateway --port 18789 --state %S/openclaw-gateway --reply cli --cli ${lib.getExe cli}";
        StateDirectory = "openclaw-gateway";
      };
    }
  ];

  services.kapso-whatsapp = {
    enable = true;
    settings = {
      kapso = {
        inherit phoneNumberId;
        baseUrl = "http://127.0.0.1:8080";
      };
      polling.interval = 5;
    };
    secrets = {
      KAPSO_API_KEY = "/etc/kapso-test/api-key";
      OPENCLAW_TOKEN = "/etc/kapso-test/gateway-token";
    };
  };
}

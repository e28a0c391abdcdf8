# The agent answers in plain text, without a command: the bridge sends it.
{ self }:
{
  name = "kapso-whatsapp-reply";
  nodes.machine =
    { lib, pkgs, ... }:
    let
      inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) simulator;
      run = "${simulator}/bin/kapso-whatsapp-simulator";
    in
    {
      imports = [ (import ./common.nix { inherit self; }) ];
      systemd.services.openclaw-gateway.serviceConfig.ExecStart =
        lib.mkForce "${run} gateway --port 18789 --state %S/openclaw-gateway --reply none";
      services.kapso-whatsapp.settings = {
        kapso.timeout = 2;
        reply.via = "auto";
        reply.lookUpFor = 3;
      };
    };
  testScript = builtins.readFile ./customers.py + builtins.readFile ./reply.py;
}

# A stranger needs the operator's approval, and a listed contact needs none.
{ self }:
{
  name = "kapso-whatsapp-access";
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
        reply.via = "relay";
        access = {
          policy = "pairing";
          contacts = [
            {
              id = "+15550100001";
              name = "Anna";
              role = "colleague";
            }
          ];
          roles.colleague.prompt = "This is one of us.";
        };
      };
    };
  testScript = builtins.readFile ./customers.py + builtins.readFile ./access.py;
}

# Two pollers on one PostgreSQL. They share nothing else: each has a process, a state directory and an identity of its own, as
# on two machines. What is around them is on one machine, like in every test.
{ self }:
{
  name = "kapso-whatsapp-several-machines";
  nodes.machine =
    { config, lib, ... }:
    let
      first = config.systemd.services.kapso-whatsapp-poller;
    in
    {
      imports = [ (import ./common.nix { inherit self; }) ];
      services.kapso-whatsapp.database.createLocally = true;
      # Whoever was killed stays away, so that the other one has to take over.
      systemd.services.kapso-whatsapp-poller.serviceConfig.Restart = lib.mkForce "no";
      systemd.services.kapso-whatsapp-second = {
        inherit (first)
          description
          wants
          after
          requires
          wantedBy
          ;
        environment.KAPSO_STATE_DIR = "/var/lib/kapso-whatsapp-second";
        serviceConfig = first.serviceConfig // {
          StateDirectory = "kapso-whatsapp-second";
          RuntimeDirectory = "kapso-whatsapp-second";
        };
      };
    };
  testScript = builtins.readFile ./customers.py + builtins.readFile ./several-machines.py;
}

{ self }:
{
  name = "kapso-whatsapp-gateway-restart";
  nodes.machine.imports = [ (import ./common.nix { inherit self; }) ];
  testScript = builtins.readFile ./customers.py + builtins.readFile ./gateway-restart.py;
}

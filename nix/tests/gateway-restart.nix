{ self }:
{
  name = "kapso-whatsapp-gateway-restart";
  nodes.machine.imports = [ (import ./common.nix { inherit self; }) ];
  testScript = builtins.readFile ./gateway-restart.py;
}

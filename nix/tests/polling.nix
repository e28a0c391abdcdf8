{ self }:
{
  name = "kapso-whatsapp-polling";
  nodes.machine.imports = [ (import ./common.nix { inherit self; }) ];
  testScript = builtins.readFile ./customers.py + builtins.readFile ./polling.py;
}

# For work on the project: `nix develop`, then `npm ci && npm test`.
{ pkgs }:
pkgs.mkShell {
  packages = [
    pkgs.nodejs_24
    pkgs.nixfmt-tree
  ]
  # sd-notify is compiled by npm ci.
  ++ pkgs.lib.optionals pkgs.stdenv.hostPlatform.isLinux [
    pkgs.python3
    pkgs.systemdLibs
  ];

  # The workspace brings a Node.js that NixOS cannot run; this shell has one.
  npm_config_workspaces = "false";
  npm_config_nodedir = pkgs.nodejs_24;
}

# For work on the project: `nix develop`, then `npm ci && npm test`.
{ pkgs }:
pkgs.mkShell {
  packages = [
    pkgs.nodejs_24
    pkgs.nixfmt-tree
  ]
  # npm ci compiles sd-notify.
  ++ pkgs.lib.optionals pkgs.stdenv.hostPlatform.isLinux [
    pkgs.python3
    pkgs.systemdLibs
  ];

  # The workspace brings a Node.js that NixOS cannot run. This shell has one.
  npm_config_workspaces = "false";
  npm_config_nodedir = pkgs.nodejs_24;
}

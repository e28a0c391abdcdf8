# Everything that `nix flake check` builds: the packages, the home-manager module in real home-manager, and on Linux
# each virtual machine of nix/tests.
{
  self,
  lib,
  pkgs,
  home-manager,
}:
let
  inherit (pkgs.stdenv.hostPlatform) system isLinux isDarwin;

  packages = lib.mapAttrs' (name: lib.nameValuePair "package-${name}") self.packages.${system};

  home = home-manager.lib.homeManagerConfiguration {
    inherit pkgs;
    modules = [
      self.homeModules.default
      {
        home = {
          username = "alice";
          homeDirectory = if isDarwin then "/Users/alice" else "/home/alice";
          stateVersion = "26.05";
        };
        services.kapso-whatsapp = {
          enable = true;
          settings.kapso.phoneNumberId = "647000000000001";
          secrets.KAPSO_API_KEY = "/run/secrets/kapso-api-key";
        };
      }
    ];
  };

  # Each file is a test, except the shared ones.
  isTest =
    name: type:
    type == "regular"
    && lib.hasSuffix ".nix" name
    && !(lib.elem name [
      "default.nix"
      "common.nix"
    ]);
  tests = lib.mapAttrs' (
    name: _:
    lib.nameValuePair (lib.removeSuffix ".nix" name) (
      pkgs.testers.runNixOSTest (import (./tests + "/${name}") { inherit self; })
    )
  ) (lib.filterAttrs isTest (builtins.readDir ./tests));
in
packages
// {
  home-manager-module = pkgs.linkFarm "home-manager-module" { generation = home.activationPackage; };
}
// lib.optionalAttrs isLinux tests

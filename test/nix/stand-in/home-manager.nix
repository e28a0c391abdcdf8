# Real home-manager with packages that stand in for nixpkgs. Its assertions are kept, not thrown: gives { config, options }.
{ lib, pkgs, homeManager, modules }:

let
  extended = import (homeManager + "/modules/lib/stdlib-extended.nix") lib;
  inherit (lib) mkOption types;

  # sops-nix and agenix, as far as the examples go.
  secrets = mkOption {
    default = { };
    type = types.attrsOf (types.submodule ({ name, ... }: {
      options = {
        path = mkOption { type = types.str; default = "/home/alice/.config/sops-nix/secrets/${name}"; };
        file = mkOption { type = types.nullOr types.path; default = null; };
      };
    }));
  };
in
extended.evalModules {
  class = "homeManager";
  specialArgs.modulesPath = toString (homeManager + "/modules");
  modules =
    # Needs more of nixpkgs.
    lib.remove (homeManager + "/modules/services-modular") (import (homeManager + "/modules/modules.nix") {
      inherit pkgs;
      lib = extended;
      check = true;
      minimal = true;
      useNixpkgsModule = false;
    })
    # Core modules refer to these, which `minimal` leaves out.
    ++ lib.filter builtins.pathExists (
      map (name: homeManager + "/modules/programs/${name}") [ "fish.nix" "fish" "git.nix" "man.nix" "man" ]
    )
    ++ modules
    ++ [
      {
        options.sops.secrets = secrets;
        options.age.secrets = secrets;
        config = {
          _module.args = { inherit pkgs; };
          home.username = "alice";
          home.homeDirectory = if pkgs.stdenv.hostPlatform.isDarwin then "/Users/alice" else "/home/alice";
          home.stateVersion = "26.05";
          home.enableNixpkgsReleaseCheck = false;
          manual.manpages.enable = false;
          news.display = "silent";
        };
      }
    ];
}

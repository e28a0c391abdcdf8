# Real home-manager with packages that stand in for nixpkgs. Its assertions are kept, not thrown. Gives { config, options }.
{
  lib,
  pkgs,
  homeManager,
  modules,
  specialArgs ? { },
}:

let
  inherit (lib) mkOption types;
  extended = import (homeManager + "/modules/lib/stdlib-extended.nix") lib;

  core = import (homeManager + "/modules/modules.nix") {
    inherit pkgs;
    lib = extended;
    check = true;
    minimal = true;
    useNixpkgsModule = false;
  };
  # Core modules refer to these, which `minimal` leaves out.
  alsoCore = lib.filter builtins.pathExists (
    map (name: homeManager + "/modules/programs/${name}") [
      "fish"
      "fish.nix"
      "git.nix"
      "man"
      "man.nix"
    ]
  );

  home = {
    _module.args = { inherit pkgs; };
    home.username = lib.mkDefault "alice";
    home.homeDirectory = lib.mkDefault (
      if pkgs.stdenv.hostPlatform.isDarwin then "/Users/alice" else "/home/alice"
    );
    home.stateVersion = lib.mkDefault "26.05";
    home.enableNixpkgsReleaseCheck = false;
    manual.manpages.enable = false;
    news.display = "silent";
  };
in
extended.evalModules {
  class = "homeManager";
  specialArgs = {
    modulesPath = toString (homeManager + "/modules");
  }
  // specialArgs;
  # The one that is left out needs more of nixpkgs.
  modules = lib.remove (homeManager + "/modules/services-modular") core ++ alsoCore ++ [ home ] ++ modules;
}

# Evaluates the project's modules and plugin with the trees given: nixpkgs.lib, home-manager, nix-openclaw.
{
  nixpkgsLib,
  homeManager,
  nixOpenclaw,
  system ? "x86_64-linux",
}:

let
  lib = import (nixpkgsLib + "/lib");
  project = ../../..;

  pkgsFor = system: import ./packages.nix { inherit lib system; };
  pkgs = pkgsFor system;

  # What the modules and the examples take from the flake.
  self = {
    packages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" "aarch64-darwin" ] (
      system:
      lib.genAttrs [ "poller" "cli" ] (name: (pkgsFor system).stub "kapso-whatsapp-${name}" { })
    );
    homeModules.default = import (project + "/nix/home-manager.nix") self;
    nixosModules.default = import (project + "/nix/nixos.nix") self;
  };
in
rec {
  inherit lib pkgs self;

  nixos =
    modules:
    import ./nixos.nix {
      inherit lib pkgs;
      modules = [ self.nixosModules.default ] ++ modules;
    };
  # With the service of nix-openclaw.
  nixosWithGateway =
    modules: nixos ([ (nixOpenclaw + "/nix/modules/nixos/openclaw-gateway.nix") ] ++ modules);

  home =
    modules:
    import ./home-manager.nix {
      inherit lib pkgs homeManager;
      modules = [ self.homeModules.default ] ++ modules;
    };
  # With nix-openclaw's module beside ours; its own plugins are off, since they would be fetched.
  homeWithOpenclaw =
    modules:
    let
      folder = nixOpenclaw + "/nix/modules/home-manager";
      catalogue = import (folder + "/openclaw/plugin-catalog.nix");
      openclaw.programs.openclaw = {
        enable = true;
        bundledPlugins = lib.mapAttrs (_: _: { enable = false; }) catalogue;
      };
    in
    home (
      [
        (folder + "/openclaw.nix")
        openclaw
      ]
      ++ modules
    );

  # What is wrong with a configuration, as NixOS and home-manager would say it.
  failures =
    evaluated: map (one: one.message) (lib.filter (one: !one.assertion) evaluated.config.assertions);

  # Our options: names, types, defaults.
  documented =
    evaluated:
    let
      isOurs =
        option:
        option.visible && !option.internal && lib.hasPrefix "services.kapso-whatsapp." option.name;
    in
    map (option: {
      inherit (option) name;
      description = option.description or null;
      type = option.type or null;
      default = option.default.text or null;
      example = option.example.text or null;
    }) (lib.filter isOurs (lib.optionAttrSetToDocList evaluated.options.services));
}

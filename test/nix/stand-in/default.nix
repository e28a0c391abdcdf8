# Evaluates the project's modules and plugin with the trees given: nixpkgs.lib, home-manager, nix-openclaw.
{ nixpkgsLib, homeManager, nixOpenclaw, system ? "x86_64-linux" }:

let
  lib = import (nixpkgsLib + "/lib");
  project = ../../..;

  pkgsFor = system: import ./packages.nix { inherit lib system; };
  pkgs = pkgsFor system;

  systems = [ "x86_64-linux" "aarch64-linux" "aarch64-darwin" ];
  self = {
    packages = lib.genAttrs systems (
      system:
      let
        packages = lib.mapAttrs (name: _: (pkgsFor system).stub "kapso-whatsapp-${name}" { }) { poller = 1; cli = 1; simulator = 1; };
      in
      packages // { default = packages.cli; }
    );
    overlays.default = _final: prev: { inherit (self.packages.${prev.system}) poller cli; };
    homeModules.default = import (project + "/nix/home-manager.nix") self;
    nixosModules.default = import (project + "/nix/nixos.nix") self;
    openclawPlugin = system: import (project + "/nix/plugin.nix") { packages = self.packages.${system}; };
  };

  evaluators = rec {
    # NixOS, with the service of nix-openclaw.
    nixos = modules: import ./nixos.nix { inherit lib pkgs; modules = [ self.nixosModules.default ] ++ modules; };
    nixosWithGateway = modules: nixos ([ (nixOpenclaw + "/nix/modules/nixos/openclaw-gateway.nix") ] ++ modules);

    home = modules: import ./home-manager.nix { inherit lib pkgs homeManager; modules = [ self.homeModules.default ] ++ modules; };
    # With nix-openclaw's module beside ours, its own plugins off: they would be fetched.
    homeWithOpenclaw =
      modules:
      home (
        [
          (nixOpenclaw + "/nix/modules/home-manager/openclaw.nix")
          {
            programs.openclaw = {
              enable = true;
              bundledPlugins = lib.mapAttrs (_: _: { enable = false; }) (
                import (nixOpenclaw + "/nix/modules/home-manager/openclaw/plugin-catalog.nix")
              );
            };
          }
        ]
        ++ modules
      );
  };

  # What is wrong with a configuration, as NixOS and home-manager would say it.
  failures = evaluated: map (a: a.message) (lib.filter (a: !a.assertion) evaluated.config.assertions);

  # Our options: their names, types, defaults.
  documented =
    evaluated:
    map (
      option:
      {
        inherit (option) name;
        description = option.description or null;
        type = option.type or null;
        default = option.default.text or null;
        example = option.example.text or null;
      }
    ) (
      lib.filter (option: option.visible && !option.internal && lib.hasPrefix "services.kapso-whatsapp." option.name) (
        lib.optionAttrSetToDocList evaluated.options.services
      )
    );
in
evaluators // { inherit lib pkgs self failures documented project; }

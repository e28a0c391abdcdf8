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

  secrets = import ./secrets.nix { inherit lib; };

  # nix-openclaw's own flake, without the packages of its tools.
  nix-openclaw = (import (nixOpenclaw + "/flake.nix")).outputs {
    self = { };
    nixpkgs = { };
    flake-utils.lib.eachSystem = _: _: { };
    home-manager = { };
    nix-openclaw-tools = { };
    qmd = { };
  };

  # Its bundled plugins are off, since they would be fetched.
  unbundled =
    { options, ... }:
    {
      config = lib.optionalAttrs (options.programs ? openclaw) {
        programs.openclaw.bundledPlugins = lib.mapAttrs (_: _: { enable = false; }) (
          import (nixOpenclaw + "/nix/modules/home-manager/openclaw/plugin-catalog.nix")
        );
      };
    };

  nixosSystem = { modules }: import ./nixos.nix { inherit lib pkgs modules; };
  homeManagerConfiguration =
    {
      pkgs,
      modules,
      extraSpecialArgs ? { },
    }:
    import ./home-manager.nix {
      inherit lib pkgs homeManager;
      modules = [ unbundled ] ++ modules;
      specialArgs = extraSpecialArgs;
    };

  # The inputs that a flake may name.
  inputs = {
    nixpkgs = {
      outPath = toString ./nixpkgs;
      lib = lib // {
        inherit nixosSystem;
      };
    };
    home-manager.lib = { inherit homeManagerConfiguration; };
    sops-nix.nixosModules.sops = secrets.sops;
    agenix.nixosModules.default = secrets.age;
    kapso-whatsapp = self;
    inherit nix-openclaw;
  };
in
rec {
  inherit lib pkgs self;

  secretModules.imports = [
    secrets.sops
    secrets.age
  ];

  nixos = modules: nixosSystem { modules = [ self.nixosModules.default ] ++ modules; };
  # NixOS with the service of nix-openclaw.
  nixosWithGateway =
    modules:
    nixos (
      [
        nix-openclaw.nixosModules.openclaw-gateway
        { nixpkgs.overlays = [ nix-openclaw.overlays.default ]; }
      ]
      ++ modules
    );

  home =
    modules:
    homeManagerConfiguration {
      inherit pkgs;
      modules = [ self.homeModules.default ] ++ modules;
    };
  # home-manager with nix-openclaw's module beside ours.
  homeWithOpenclaw =
    modules:
    homeManagerConfiguration {
      pkgs = pkgs.appendOverlays [ nix-openclaw.overlays.default ];
      modules = [
        nix-openclaw.homeManagerModules.openclaw
        self.homeModules.default
        { programs.openclaw.enable = true; }
      ]
      ++ modules;
    };

  # The outputs of a flake that has only its inputs. `source` is the place of the project's source.
  flakeOutputs =
    folder: source:
    let
      flake = import (folder + "/flake.nix");
      given = inputs // {
        kapso-whatsapp = self // source;
      };
    in
    flake.outputs (builtins.intersectAttrs flake.inputs given // { self = { }; });

  # What is wrong with a configuration, as NixOS and home-manager report it.
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
      # Nix source text otherwise.
      defaultIsProse = (option.default._type or null) == "literalMD";
      example = option.example.text or null;
    }) (lib.filter isOurs (lib.optionAttrSetToDocList evaluated.options.services));
}

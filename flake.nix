{
  description = "Bridge between WhatsApp (Meta's Cloud API through Kapso) and an OpenClaw agent";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    # Only the checks need it. No other output does.
    home-manager = {
      url = "github:nix-community/home-manager/release-26.05";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    {
      self,
      nixpkgs,
      home-manager,
    }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
      eachSystem = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      packagesFor = pkgs: pkgs.callPackage ./nix/package.nix { };
    in
    {
      # A function, because nix-openclaw refuses a set that is keyed by system.
      openclawPlugin = system: import ./nix/plugin.nix { packages = self.packages.${system}; };

      packages = eachSystem (
        pkgs:
        let
          kapso-whatsapp = packagesFor pkgs;
        in
        {
          default = kapso-whatsapp;
          inherit (kapso-whatsapp) poller cli simulator;
        }
      );

      overlays.default = final: prev: {
        kapso-whatsapp = packagesFor final;
        kapso-whatsapp-poller = final.kapso-whatsapp.poller;
        kapso-whatsapp-cli = final.kapso-whatsapp.cli;
        kapso-whatsapp-simulator = final.kapso-whatsapp.simulator;
      };

      apps = eachSystem (
        pkgs:
        let
          packages = self.packages.${pkgs.stdenv.hostPlatform.system};
          app = package: name: description: {
            type = "app";
            program = lib.getExe' package name;
            meta = { inherit description; };
          };
        in
        {
          default = app packages.cli "kapso-whatsapp-cli" "Send messages, look after the poller";
          poller = app packages.poller "kapso-whatsapp-poller" "Receive messages";
          demo = app packages.simulator "kapso-whatsapp-demo" "A conversation with an echo agent";
        }
      );

      homeModules.default = import ./nix/home-manager.nix self;
      # The older name of homeModules.
      homeManagerModules = self.homeModules;
      nixosModules.default = import ./nix/nixos.nix self;

      checks = eachSystem (
        pkgs:
        import ./nix/checks.nix {
          inherit
            self
            lib
            pkgs
            home-manager
            ;
        }
      );

      devShells = eachSystem (pkgs: {
        default = import ./nix/shell.nix { inherit pkgs; };
      });

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);
    };
}

# What stands in for NixOS: the options that the module and the README's examples set, and nothing else, so that a misspelt name
# fails. The types are those of NixOS where they matter. Gives { config, options }.
{ lib, pkgs, modules }:

let
  inherit (lib) mkOption types;

  option = type: default: mkOption { inherit type default; };
  field = types.nullOr (types.oneOf [ types.bool types.int types.str types.path types.package (types.listOf (types.oneOf [ types.int types.str types.path ])) ]);
  names = option (types.listOf types.str) [ ];
  fields = option (types.attrsOf field) { };

  unit = extra:
    option (types.attrsOf (types.submodule {
      options = {
        description = option types.str "";
        documentation = names;
        after = names;
        before = names;
        wants = names;
        requires = names;
        wantedBy = names;
        unitConfig = fields;
        restartTriggers = option (types.listOf types.unspecified) [ ];
      } // extra;
    })) { };

  virtualHosts = options: option (types.attrsOf (types.submodule { inherit options; })) { };

  accounts = option (types.attrsOf (types.attrsOf types.anything)) { };

  # sops-nix and agenix, as far as the examples go.
  secrets = root:
    option (types.attrsOf (types.submodule ({ name, ... }: {
      options = {
        path = option types.str "${root}/${name}";
        file = option (types.nullOr types.path) null;
        sopsFile = option (types.nullOr types.path) null;
        owner = option types.str "root";
        group = option types.str "root";
        mode = option types.str "0400";
        restartUnits = names;
      };
    }))) { };
in
lib.evalModules {
  class = "nixos";
  modules = modules ++ [
    {
      options = {
        assertions = option (types.listOf (types.submodule {
          options = {
            assertion = mkOption { type = types.bool; };
            message = mkOption { type = types.str; };
          };
        })) [ ];
        warnings = names;

        systemd = {
          services = unit {
            path = option (types.listOf (types.either types.package types.str)) [ ];
            environment = option (types.attrsOf types.str) { };
            serviceConfig = fields;
          };
          sockets = unit {
            listenStreams = names;
            socketConfig = fields;
          };
          timers = unit { timerConfig = fields; };
          tmpfiles = {
            rules = names;
            settings = option (types.attrsOf (types.attrsOf (types.attrsOf (types.attrsOf types.str)))) { };
          };
        };

        environment = {
          systemPackages = option (types.listOf types.package) [ ];
          etc = option (types.attrsOf (types.attrsOf types.anything)) { };
        };
        networking.firewall.allowedTCPPorts = option (types.listOf types.port) [ ];
        users.users = accounts;
        users.groups = accounts;

        services.nginx = {
          enable = option types.bool false;
          group = option types.str "nginx";
          virtualHosts = virtualHosts {
            enableACME = option types.bool false;
            forceSSL = option types.bool false;
            locations = virtualHosts {
              proxyPass = option (types.nullOr types.str) null;
              return = option (types.nullOr types.str) null;
              extraConfig = option types.lines "";
            };
          };
        };
        services.caddy = {
          enable = option types.bool false;
          group = option types.str "caddy";
          virtualHosts = virtualHosts { extraConfig = option types.lines ""; };
        };
        services.tailscale = {
          enable = option types.bool false;
          package = option types.package pkgs.tailscale;
          extraSetFlags = names;
        };
        security.acme = {
          acceptTerms = option types.bool false;
          defaults.email = option (types.nullOr types.str) null;
        };

        sops.secrets = secrets "/run/secrets";
        sops.defaultSopsFile = option (types.nullOr types.path) null;
        age.secrets = secrets "/run/agenix";
      };
      config._module.args = { inherit pkgs; };
    }
  ];
}

# A stand-in for NixOS: only the options that the module and the examples of docs/guides/nix.md set, so that a misspelt
# name fails. The types are those of NixOS where they matter. Gives { config, options }.
{
  lib,
  pkgs,
  modules,
}:

let
  inherit (lib) mkOption types;

  option = type: default: mkOption { inherit type default; };
  submodules = options: option (types.attrsOf (types.submodule { inherit options; })) { };
  names = option (types.listOf types.str) [ ];
  enable = option types.bool false;
  text = option (types.nullOr types.str) null;

  plain = types.oneOf [
    types.bool
    types.int
    types.str
    types.path
    types.package
  ];
  fields = option (types.attrsOf (types.nullOr (types.either plain (types.listOf plain)))) { };

  units =
    extra:
    submodules (
      {
        description = option types.str "";
        documentation = names;
        after = names;
        before = names;
        wants = names;
        requires = names;
        wantedBy = names;
        unitConfig = fields;
        restartTriggers = option (types.listOf types.unspecified) [ ];
      }
      // extra
    );

  accounts = option (types.attrsOf (types.attrsOf types.anything)) { };

  host =
    { config, ... }:
    {
      options = {
        nixpkgs.overlays = option (types.listOf types.raw) [ ];
        assertions = option (types.listOf (
          types.submodule {
            options.assertion = mkOption { type = types.bool; };
            options.message = mkOption { type = types.str; };
          }
        )) [ ];
        warnings = names;

        systemd = {
          services = units {
            path = option (types.listOf (types.either types.package types.str)) [ ];
            environment = option (types.attrsOf types.str) { };
            serviceConfig = fields;
          };
          sockets = units {
            listenStreams = names;
            socketConfig = fields;
          };
          timers = units { timerConfig = fields; };
          tmpfiles.rules = names;
          tmpfiles.settings =
            option (types.attrsOf (types.attrsOf (types.attrsOf (types.attrsOf types.str))))
              { };
        };

        environment.systemPackages = option (types.listOf types.package) [ ];
        environment.etc = option (types.attrsOf (types.attrsOf types.anything)) { };
        networking.firewall.allowedTCPPorts = option (types.listOf types.port) [ ];
        users.users = accounts;
        users.groups = accounts;

        services.nginx = {
          inherit enable;
          group = option types.str "nginx";
          virtualHosts = submodules {
            enableACME = enable;
            forceSSL = enable;
            locations = submodules {
              proxyPass = text;
              return = text;
              extraConfig = option types.lines "";
            };
          };
        };
        services.caddy = {
          inherit enable;
          group = option types.str "caddy";
          virtualHosts = submodules { extraConfig = option types.lines ""; };
        };
        services.prometheus = {
          inherit enable;
          scrapeConfigs = option (types.listOf (
            types.submodule {
              options = {
                job_name = mkOption { type = types.str; };
                static_configs = option (types.listOf (types.submodule { options.targets = names; })) [ ];
              };
            }
          )) [ ];
          ruleFiles = option (types.listOf types.path) [ ];
        };
        services.postgresql = {
          inherit enable;
          ensureDatabases = names;
          authentication = option types.lines "";
          identMap = option types.lines "";
          ensureUsers = option (types.listOf (
            types.submodule {
              options.name = mkOption { type = types.str; };
              options.ensureDBOwnership = enable;
            }
          )) [ ];
        };
        services.tailscale = {
          inherit enable;
          extraSetFlags = names;
        };
        security.acme.acceptTerms = enable;
        security.acme.defaults.email = text;
      };
      config._module.args.pkgs = pkgs.appendOverlays config.nixpkgs.overlays;
    };
in
lib.evalModules {
  class = "nixos";
  modules = modules ++ [ host ];
}

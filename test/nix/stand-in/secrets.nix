# sops-nix and agenix, as far as the examples need them: { sops; age; }, each a module with the options and defaults of
# the real one.
{ lib }:

let
  inherit (lib) mkOption types;

  option = type: default: mkOption { inherit type default; };
  files =
    root: extra:
    option (types.attrsOf (
      types.submodule (
        { name, ... }:
        {
          options = {
            path = option types.str "${root}/${name}";
            mode = option types.str "0400";
            group = option types.str "root";
          }
          // extra;
        }
      )
    )) { };
in
{
  sops =
    { config, ... }:
    {
      options.sops = {
        defaultSopsFile = option (types.nullOr types.path) null;
        secrets = files "/run/secrets" {
          owner = option types.str "root";
          restartUnits = option (types.listOf types.str) [ ];
        };
        placeholder = option (types.attrsOf types.str) { };
        templates = files "/run/secrets/rendered" {
          owner = option types.str "root";
          content = option types.lines "";
        };
      };
      config.sops.placeholder = lib.mapAttrs (name: _: "<placeholder of ${name}>") config.sops.secrets;
    };

  age.options.age.secrets = files "/run/agenix" {
    owner = option types.str "0";
    file = mkOption { type = types.path; };
  };
}

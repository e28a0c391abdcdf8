# home-manager takes these two options from the tree of nixpkgs.
{ lib, ... }:

let
  inherit (lib) mkOption types;
in
{
  options.warnings = mkOption {
    type = types.listOf types.str;
    default = [ ];
  };
  options.assertions = mkOption {
    default = [ ];
    type = types.listOf (
      types.submodule {
        options.assertion = mkOption { type = types.bool; };
        options.message = mkOption { type = types.str; };
      }
    );
  };
}

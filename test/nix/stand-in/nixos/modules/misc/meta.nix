# home-manager takes these options from the tree of nixpkgs. Nobody reads them here.
{ lib, ... }:

{
  options.meta = lib.genAttrs [ "maintainers" "teams" "doc" "buildDocsInSandbox" ] (
    _:
    lib.mkOption {
      type = lib.types.unspecified;
      default = null;
    }
  );
}

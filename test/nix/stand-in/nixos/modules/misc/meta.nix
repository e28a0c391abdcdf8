# home-manager takes these options from the tree of nixpkgs; here nobody reads them.
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

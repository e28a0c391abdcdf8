# What `import nixpkgs { … }` of a flake finds.
{
  system,
  overlays ? [ ],
}:

let
  lib = import (builtins.getEnv "NIXPKGS_LIB" + "/lib");
in
(import ../packages.nix { inherit lib system; }).appendOverlays overlays

# The result of `import nixpkgs { … }` in a flake.
{
  system,
  overlays ? [ ],
}:

let
  lib = import (builtins.getEnv "NIXPKGS_LIB" + "/lib");
in
(import ../packages.nix { inherit lib system; }).appendOverlays overlays

# A stand-in for the package set of nixpkgs, which is too large to have here. Each package is a derivation that nobody builds.
{ lib, system }:

let
  platform = lib.systems.elaborate system;

  stub = name: stubWith { } name;

  stubWith =
    environment: name: attributes:
    let
      package =
        derivation (
          {
            inherit name system;
            builder = "/bin/sh";
          }
          // environment
        )
        // {
          inherit name;
          pname = name;
          version = "0";
          meta.mainProgram = name;
          outputs = [ "out" ];
          override = _: package;
          overrideAttrs = _: package;
          bin = package;
          out = package;
        }
        // attributes;
    in
    package;

  # The tests can read their text back, and the check that nixpkgs would run on it.
  writeTextFile =
    {
      name,
      text,
      checkPhase ? "",
      destination ? "",
      ...
    }:
    stubWith { inherit text; } (lib.strings.sanitizeDerivationName name) {
      inherit text checkPhase destination;
    };
  writeText = name: text: writeTextFile { inherit name text; };
  script =
    name: text:
    writeTextFile {
      inherit name text;
      destination = "/bin/${name}";
    };

  json =
    lib.types.nullOr (
      lib.types.oneOf [
        lib.types.bool
        lib.types.int
        lib.types.float
        lib.types.str
        lib.types.path
        (lib.types.attrsOf json)
        (lib.types.listOf json)
      ]
    )
    // {
      description = "JSON value";
    };
  format = _: {
    type = json;
    generate = name: value: writeText name (builtins.toJSON value);
    lib.types.atom = json;
  };

  # Every package that home-manager's core modules and nix-openclaw's modules refer to.
  names = [
    "bash"
    "bashInteractive"
    "cacert"
    "coreutils"
    "dbus"
    "dconf"
    "desktop-file-utils"
    "diffutils"
    "findutils"
    "fish"
    "gettext"
    "git"
    "glib"
    "glibcLocales"
    "gnugrep"
    "gnused"
    "gnutar"
    "gzip"
    "hicolor-icon-theme"
    "inetutils"
    "jq"
    "less"
    "man"
    "man-db"
    "ncurses"
    "nix"
    "nodejs_24"
    "python3"
    "shared-mime-info"
    "systemd"
    "systemdMinimal"
    "tailscale"
    "tzdata"
    "util-linux"
    "which"
    "xdg-user-dirs"
    "xdg-utils"
    "zsh"
  ];

  pkgs = lib.genAttrs names (name: stub name { }) // {
    inherit
      lib
      stub
      system
      writeText
      writeTextFile
      ;
    config = { };
    overlays = [ ];
    # home-manager looks for two of its modules here.
    path = ./.;
    stdenv = {
      hostPlatform = platform;
      buildPlatform = platform;
      targetPlatform = platform;
      inherit (platform) isDarwin isLinux;
    };
    runtimeShell = "/bin/sh";
    writeShellScript = script;
    writeShellScriptBin = script;
    writeScript = writeText;
    writeScriptBin = script;
    writeShellApplication = { name, text, ... }: script name text;
    writeTextDir =
      path: text:
      writeTextFile {
        inherit text;
        name = baseNameOf path;
        destination = "/${path}";
      };
    runCommand =
      name: _: text:
      writeText name text;
    runCommandLocal = pkgs.runCommand;
    symlinkJoin = { name, ... }: stub name { };
    buildEnv = { name, ... }: stub name { };
    linkFarm = name: _: stub name { };
    callPackage = file: _: stub (lib.removeSuffix ".nix" (baseNameOf file)) { };
    formats = lib.genAttrs [ "ini" "json" "keyValue" "toml" "yaml" ] (_: format);
    extend = overlay: pkgs // overlay pkgs pkgs;
    appendOverlays = lib.foldl' (all: overlay: all // overlay all all) pkgs;
  };
in
pkgs

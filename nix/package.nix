# The programs, bundled as for npm: by build.ts, with nixpkgs' esbuild, from the run-time dependencies only.
#
# The result has both programs. `poller`, `cli` and `simulator` in its passthru have one task each.
{
  lib,
  stdenv,
  stdenvNoCC,
  nodejs_24,
  esbuild,
  cacert,
  python3,
  systemdLibs,
  systemdMinimal,
  makeBinaryWrapper,
  installShellFiles,
}:
let
  inherit (lib.importJSON ../package.json) version;
  inherit (stdenv.hostPlatform) isLinux;

  # The hash of what nix/node-modules.sh writes. `npm run nix:hash -- --write` sets it. The gate fails when
  # package-lock.json has changed since.
  npmDepsHash = "sha256-UZz8tmQQt9laXnCktuAxLaL2gzOqew6hBSMfsWkRD+U=";

  lockHash = builtins.hashFile "sha256" ../package-lock.json;

  # The lock file has no addresses for importNpmLock to fetch from. npm finds them itself here, where the network may
  # be used, and checks each package against the lock file.
  nodeModules = stdenvNoCC.mkDerivation {
    # The name follows the lock file. So a changed lock file without its hash fails here, not at run time.
    name = "kapso-whatsapp-node_modules-${lib.substring 0 12 lockHash}";
    src = lib.fileset.toSource {
      root = ../.;
      fileset = lib.fileset.unions [
        ../package.json
        ../package-lock.json
      ];
    };
    strictDeps = true;
    nativeBuildInputs = [
      nodejs_24
      cacert
    ];
    impureEnvVars = lib.fetchers.proxyImpureEnvVars;
    dontConfigure = true;
    dontBuild = true;
    installPhase = ''
      runHook preInstall
      export HOME=$TMPDIR NODE_EXTRA_CA_CERTS=$NIX_SSL_CERT_FILE
      bash ${./node-modules.sh} . "$out"
      runHook postInstall
    '';
    # The bytes must be the same on every machine: no store path may be written into them.
    dontFixup = true;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    outputHash = npmDepsHash;
  };

  meta = {
    description = "Bridge between WhatsApp and an OpenClaw agent, through Kapso";
    homepage = "https://github.com/openclaw-kapso-whatsapp/openclaw-kapso-whatsapp";
    license = lib.licenses.mit;
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
      "aarch64-darwin"
    ];
  };

  # For the case that sd-notify cannot be loaded.
  notifyPath = lib.optionalString isLinux "--suffix PATH : ${lib.makeBinPath [ systemdMinimal ]}";

  # A package with some of the programs, and the files that belong to them.
  part =
    kapso-whatsapp:
    {
      name,
      description,
      links,
    }:
    stdenvNoCC.mkDerivation {
      pname = name;
      inherit version;
      dontUnpack = true;
      strictDeps = true;
      installPhase = ''
        runHook preInstall
        ${lib.concatStrings (
          lib.mapAttrsToList (link: target: ''
            mkdir -p "$(dirname "$out/${link}")"
            ln -s ${kapso-whatsapp}/${target} "$out/${link}"
          '') links
        )}
        runHook postInstall
      '';
      meta = meta // {
        inherit description;
        mainProgram = name;
      };
    };
in
stdenv.mkDerivation (finalAttrs: {
  pname = "kapso-whatsapp";
  inherit version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../LICENSE
      ../build.ts
      ../docs
      ../kapso-whatsapp.example.yaml
      ../package.json
      ../schema
      ../skills
      ../src
      ../tsconfig.json
      ./systemd
    ];
  };

  strictDeps = true;
  nativeBuildInputs = [
    nodejs_24
    makeBinaryWrapper
    installShellFiles
  ]
  ++ lib.optional isLinux python3;
  buildInputs = lib.optional isLinux systemdLibs;

  env.ESBUILD = lib.getExe esbuild;

  configurePhase = ''
    runHook preConfigure
    cp -r ${nodeModules} node_modules
    chmod -R u+w node_modules
    runHook postConfigure
  '';

  buildPhase = ''
    runHook preBuild
    node build.ts
  ''
  # sd-notify is no N-API module: it must be compiled for the Node.js that runs it.
  + lib.optionalString isLinux ''
    export HOME=$TMPDIR
    node ${nodejs_24}/lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js rebuild \
      --directory=node_modules/sd-notify --nodedir=${nodejs_24}
  ''
  + ''
    runHook postBuild
  '';

  # The files lie as in the npm package: the command line finds the units relative to itself.
  installPhase = ''
    runHook preInstall

    root=$out/lib/kapso-whatsapp
    mkdir -p $root/nix $out/share/kapso-whatsapp
    cp -r dist package.json $root
    cp -r nix/systemd $root/nix
    cp -r schema/kapso-whatsapp.schema.json kapso-whatsapp.example.yaml skills docs $out/share/kapso-whatsapp
    ln -s $out/share/kapso-whatsapp/{skills,docs} $root
    install -Dm644 LICENSE -t $out/share/licenses/kapso-whatsapp
  ''
  + lib.optionalString isLinux ''
    install -Dm644 node_modules/sd-notify/{package.json,index.js,LICENSE} -t $root/node_modules/sd-notify
    install -Dm755 node_modules/sd-notify/build/Release/notify.node -t $root/node_modules/sd-notify/build/Release
    cp -r node_modules/{bindings,file-uri-to-path} $root/node_modules
  ''
  # Node.js's options are at the beginning of each program. A tool has none.
  + ''
    wrap() { # PROGRAM FILE [OPTION…]
      makeWrapper ${lib.getExe nodejs_24} "$1" --add-flags "$(sed -n "s/^kapso_options='\(.*\)'\$/\1/p" "$2") $2" "''${@:3}"
    }
    wrap $out/bin/kapso-whatsapp-poller $root/dist/kapso-whatsapp-poller.cjs ${notifyPath}
    wrap $out/bin/kapso-whatsapp-cli $root/dist/kapso-whatsapp-cli.cjs
    wrap $out/libexec/kapso-whatsapp-simulator $root/dist/simulator.js
    wrap $out/libexec/kapso-whatsapp-demo $root/dist/demo.js

    installManPage dist/man/*
    installShellCompletion dist/completions/*
    rm -r $root/dist/man $root/dist/completions

    runHook postInstall
  '';

  # The wrappers start Node.js themselves.
  dontPatchShebangs = true;

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    export HOME=$TMPDIR
    for program in kapso-whatsapp-poller kapso-whatsapp-cli; do
      if [ "$($out/bin/$program --version)" != ${version} ]; then
        echo "$program --version does not print ${version}"
        exit 1
      fi
    done
    # Checks that the options of Node.js are in the wrapper.
    grep -qa -e --disable-sigusr1 $out/bin/kapso-whatsapp-poller
    for file in man/man1/kapso-whatsapp-{cli,poller}.1.gz man/man5/kapso-whatsapp.5.gz \
      {bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}/*kapso-whatsapp-{cli,poller}*; do
      test -s $out/share/$file
    done
    # The command line looks for them beside itself.
    test -e $out/lib/kapso-whatsapp/skills/kapso-whatsapp/SKILL.md
    test -e $out/lib/kapso-whatsapp/docs/reference/errors.md
    KAPSO_API_KEY=not-used KAPSO_PHONE_NUMBER_ID=647000000000001 $out/bin/kapso-whatsapp-cli config check \
      --config $out/share/kapso-whatsapp/kapso-whatsapp.example.yaml
    $out/libexec/kapso-whatsapp-simulator --help > /dev/null
  ''
  + lib.optionalString isLinux ''
    node -e 'require("node:module").createRequire(process.argv[1])("sd-notify")' \
      $out/lib/kapso-whatsapp/dist/kapso-whatsapp-poller.cjs
  ''
  + ''
    runHook postInstallCheck
  '';

  passthru = {
    inherit nodeModules;

    poller = part finalAttrs.finalPackage {
      name = "kapso-whatsapp-poller";
      description = "Receives WhatsApp messages and hands each one, once and in order, to an OpenClaw agent";
      links = {
        "bin/kapso-whatsapp-poller" = "bin/kapso-whatsapp-poller";
        "share/man" = "share/man";
      };
    };

    cli = part finalAttrs.finalPackage {
      name = "kapso-whatsapp-cli";
      description = "Sends WhatsApp messages, and looks after kapso-whatsapp-poller";
      links = {
        "bin/kapso-whatsapp-cli" = "bin/kapso-whatsapp-cli";
        share = "share";
      };
    };

    simulator = part finalAttrs.finalPackage {
      name = "kapso-whatsapp-simulator";
      description = "Simulates Kapso and an OpenClaw gateway, for trials and tests of kapso-whatsapp";
      links = {
        "bin/kapso-whatsapp-simulator" = "libexec/kapso-whatsapp-simulator";
        "bin/kapso-whatsapp-demo" = "libexec/kapso-whatsapp-demo";
      };
    };
  };

  meta = meta // {
    mainProgram = "kapso-whatsapp-cli";
  };
})

# What both modules make of the options: the configuration file, the command line, and the units' text.
{
  lib,
  pkgs,
  cfg,
}:

let
  schema = import ./settings.nix { inherit lib; };

  # --- the database -----------------------------------------------------------------------

  # The account with a name that others know: tailscaled its operator, PostgreSQL its user.
  account = if cfg.tailscale.enable then cfg.tailscale.operator else "kapso-whatsapp";

  # The address without a password, or null. NixOS has PostgreSQL's socket there.
  database =
    if cfg.database.createLocally then
      "postgresql://${account}@/${account}?host=/run/postgresql"
    else
      cfg.database.url;

  # --- the configuration file -------------------------------------------------------------

  # Puts the settings into a file in the store and checks it when it is built. The file has the paths of the secrets
  # where the reader may open them.
  configFile =
    { name, secretFiles }:
    let
      files = lib.foldl' (
        all: secret:
        if cfg.secrets.${secret.env} == null then
          all
        else
          lib.recursiveUpdate all (lib.setAttrByPath secret.filePath cfg.secrets.${secret.env})
      ) { } schema.secrets;
      accounts = map (if secretFiles then lib.id else withoutSecretFiles) cfg.settings.accounts;
      settings = lib.recursiveUpdate (schema.render (cfg.settings // { inherit accounts; })) (
        lib.optionalAttrs (database != null) { state.database = database; }
      );
      # The environment may have it.
      mayBeThere = cfg.settings.kapso.phoneNumberId == null && cfg.settings.accounts == [ ];
      phoneNumberId = lib.optionalString mayBeThere "KAPSO_PHONE_NUMBER_ID=0 ";
    in
    pkgs.writeTextFile {
      name = "${name}.json";
      text = builtins.toJSON (if secretFiles then lib.recursiveUpdate settings files else settings);
      # The builder cannot run a program of another platform.
      checkPhase = lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
        ${phoneNumberId}${lib.getExe cfg.cliPackage} config check --no-secrets "$target"
      '';
    };

  withoutSecretFiles = lib.flip (
    lib.foldl' (number: { path, ... }: lib.recursiveUpdate number (lib.setAttrByPath path null))
  ) schema.accountSecretFiles;

  # The secret files that accounts name: [ { number; path; credential; file; } ].
  accountSecrets = lib.concatMap (
    number:
    lib.concatMap (
      secret:
      let
        file = lib.getAttrFromPath secret.path number;
      in
      lib.optional (file != null) (secret // { inherit number file; })
    ) schema.accountSecretFiles
  ) cfg.settings.accounts;

  command =
    file: arguments:
    [
      (lib.getExe cfg.package)
      "--config"
      "${file}"
    ]
    ++ arguments;

  # The CLI with the same configuration. A user who names another file gets only that file.
  cli =
    file:
    let
      script = pkgs.writeShellScriptBin "kapso-whatsapp-cli" ''
        export KAPSO_CONFIG="''${KAPSO_CONFIG:-${file}}"
        exec ${lib.getExe cfg.cliPackage} "$@"
      '';
    in
    # Before the package itself, which has the shell completion.
    script
    // {
      meta = (script.meta or { }) // {
        priority = 0;
        mainProgram = "kapso-whatsapp-cli";
      };
    };

  # --- the webhook's address --------------------------------------------------------------

  # `webhook.listen`, or the first stream of the socket unit.
  parse =
    text:
    let
      parts = builtins.match "(.*):([0-9]+)" text;
    in
    if lib.hasPrefix "unix:" text then
      { path = lib.removePrefix "unix:" text; }
    else if lib.hasPrefix "/" text then
      { path = text; }
    else if builtins.match "[0-9]+" text != null then
      {
        host = "";
        port = lib.toIntBase10 text;
      }
    else if parts != null then
      {
        host = lib.elemAt parts 0;
        port = lib.toIntBase10 (lib.elemAt parts 1);
      }
    else
      {
        host = text;
        port = null;
      };

  everywhere = [
    ""
    "*"
    "0.0.0.0"
    "[::]"
  ];

  listen = parse cfg.settings.webhook.listen;
  endpoint =
    if cfg.socketActivation.enable && cfg.socketActivation.listenStreams != [ ] then
      parse (lib.head cfg.socketActivation.listenStreams)
    else
      listen;

  # The value of ListenStream=.
  streamOf =
    text:
    let
      address = parse text;
    in
    if address ? path then
      address.path
    else if address.host == "" || address.host == "*" then
      toString address.port
    else if address.host == "localhost" then
      "127.0.0.1:${toString address.port}"
    else
      text;

  # What the poller takes over from systemd: TCP, or a Unix socket with a name in the file system.
  isStream =
    text:
    let
      tcp = builtins.match "([0-9.]+:|\\[[0-9A-Fa-f:.]+]:)?([0-9]{1,5})" text;
      port = lib.toIntBase10 (lib.last tcp);
    in
    if tcp != null then 0 < port && port < 65536 else isSocketPath text;

  # One word for nginx and Caddy, which treat spaces, quotes, colons and dollar signs differently, and no longer than
  # unix(7) allows.
  isSocketPath =
    path: builtins.match "(/[A-Za-z0-9@%_.,=+-]+)+" path != null && lib.stringLength path < 108;

  # The address to which another program of this machine connects.
  targetOf =
    address:
    if address ? path then
      address
    else
      {
        address =
          let
            host = if lib.elem address.host everywhere then "127.0.0.1" else address.host;
          in
          "${host}:${toString address.port}";
      };
  proxyTarget = targetOf endpoint;
  metricsTarget = targetOf (parse cfg.settings.metrics.listen);

  # The parts of webhook.publicUrl. The host is for the virtual hosts.
  publicUrl =
    let
      url = cfg.settings.webhook.publicUrl;
    in
    if url == null then null else builtins.match "https://([^/:]+)(:[0-9]+)?(/.*)?" url;
  publicHost = if publicUrl == null then null else lib.head publicUrl;
  # Kapso asks for "/" where no path is given.
  publicPath =
    if publicUrl == null then
      null
    else if lib.last publicUrl == null then
      "/"
    else
      lib.last publicUrl;

  # --- units ------------------------------------------------------------------------------

  # Reads a shipped unit as { Unit, Service, Socket, Timer, Install }, so that the sandbox and its reasons are written
  # once, there. A repeated key becomes a list.
  readUnit =
    file:
    let
      isLine = line: line != "" && !lib.hasPrefix "#" line;
      lines = lib.filter isLine (lib.splitString "\n" (lib.readFile file));
      add =
        { section, unit }:
        line:
        let
          header = builtins.match "\\[([A-Za-z]+)]" line;
          pair = builtins.match "([A-Za-z]+)=(.*)" line;
          key = lib.head pair;
          text = lib.elemAt pair 1;
          value = if builtins.match "0|[1-9][0-9]*" text != null then lib.toInt text else text;
          before = unit.${section}.${key} or null;
          joined = if before == null then value else lib.toList before ++ [ value ];
        in
        if header != null then
          {
            inherit unit;
            section = lib.head header;
          }
        else if pair != null then
          {
            inherit section;
            unit = lib.recursiveUpdate unit { ${section}.${key} = joined; };
          }
        else
          throw "${toString file}: this line cannot be read: ${line}";
    in
    (lib.foldl' add {
      section = "";
      unit = { };
    } lines).unit;

  # In a unit `%` begins a specifier.
  escape = lib.replaceStrings [ "%" ] [ "%%" ];
  listenStreams = map escape cfg.socketActivation.listenStreams;
in
{
  inherit
    schema
    account
    configFile
    command
    accountSecrets
    cli
    listen
    endpoint
    streamOf
    proxyTarget
    metricsTarget
    publicHost
    publicPath
    readUnit
    escape
    listenStreams
    isStream
    isSocketPath
    ;

  idleExit = lib.optionals (cfg.socketActivation.idleExit != null) [
    "--idle-exit"
    (toString cfg.socketActivation.idleExit)
  ];

  # The secrets of all and of each account that are handed to the service: [ { credential; file; } ].
  credentials =
    lib.concatMap (
      secret:
      lib.optional (cfg.secrets.${secret.env} != null) {
        inherit (secret) credential;
        file = cfg.secrets.${secret.env};
      }
    ) schema.secrets
    ++ map (
      { number, credential, file, ... }:
      {
        credential = "${credential}-${toString number.name}";
        inherit file;
      }
    ) accountSecrets;

  # The [Timer] section: from the end of one pass to the next, or at calendar times.
  timerSection =
    let
      shipped = (readUnit ./systemd/kapso-whatsapp-poller-once.timer).Timer;
    in
    if cfg.timer.onCalendar == null then
      shipped // { OnUnitInactiveSec = "${toString cfg.timer.interval}s"; }
    else
      removeAttrs shipped [
        "OnBootSec"
        "OnUnitInactiveSec"
      ]
      // {
        OnCalendar = cfg.timer.onCalendar;
        Persistent = true;
      };
}

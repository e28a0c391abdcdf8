# What both modules make of the options: the configuration file, the command line, the units' text, and what is refused.
{
  lib,
  pkgs,
  cfg,
}:

let
  schema = import ./settings.nix { inherit lib; };

  # --- the configuration file -------------------------------------------------------------

  # The settings as a file in the store, checked when it is built. With the paths of the secrets where the reader may open them.
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
      settings = schema.render cfg.settings;
      # It may come from there.
      phoneNumberId = lib.optionalString (cfg.settings.kapso.phoneNumberId == null) "KAPSO_PHONE_NUMBER_ID=0 ";
    in
    pkgs.writeTextFile {
      name = "${name}.json";
      text = builtins.toJSON (if secretFiles then lib.recursiveUpdate settings files else settings);
      # A program of another platform cannot be run here.
      checkPhase = lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
        ${phoneNumberId}${lib.getExe cfg.cliPackage} config check --no-secrets "$target"
      '';
    };

  command =
    file: arguments:
    [
      (lib.getExe cfg.package)
      "--config"
      "${file}"
    ]
    ++ arguments;

  # The CLI with the same configuration. Whoever names another file gets that and nothing else.
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

  # `webhook.listen`, or what the first stream of the socket unit says.
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

  # For ListenStream=.
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

  isStream =
    text:
    builtins.match "[0-9]+|[/@].*|[0-9.]+:[0-9]+|\\[[0-9A-Fa-f:.]+](%[^:]*)?:[0-9]+|vsock:.*" text
    != null;

  # What a reverse proxy on this machine connects to.
  proxyTarget =
    if endpoint ? path then
      endpoint
    else
      {
        address =
          let
            host = if lib.elem endpoint.host everywhere then "127.0.0.1" else endpoint.host;
          in
          "${host}:${toString endpoint.port}";
      };

  # The host of webhook.publicUrl, for the virtual hosts.
  publicHost =
    let
      url = cfg.settings.webhook.publicUrl;
      parts = if url == null then null else builtins.match "https://([^/:]+).*" url;
    in
    if parts == null then null else lib.head parts;

  # --- units ------------------------------------------------------------------------------

  # A shipped unit as { Unit, Service, Socket, Timer, Install }: the sandbox and its reasons are written down once, there.
  # A key that stands several times becomes a list.
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

  # --- what is refused --------------------------------------------------------------------

  o = name: "services.kapso-whatsapp.${name}";
  inherit (cfg) settings;
  webhookMode = settings.mode != "polling";
  streams = cfg.socketActivation.listenStreams;
  unset = name: cfg.secrets.${name} == null && cfg.environmentFile == null;

  assertions =
    [
      {
        assertion = !unset "KAPSO_API_KEY";
        message = ''
          The Kapso API key is missing. Set ${o "secrets.KAPSO_API_KEY"} to the path of a file that holds it (such as
          "/run/secrets/kapso-api-key"), or give KAPSO_API_KEY in ${o "environmentFile"}.'';
      }
      {
        assertion = settings.kapso.phoneNumberId != null || cfg.environmentFile != null;
        message = ''
          The phone number id is missing. Set ${o "settings.kapso.phoneNumberId"} to the id that Kapso shows for the number
          (in quotes), or give KAPSO_PHONE_NUMBER_ID in ${o "environmentFile"}.'';
      }
      {
        assertion = webhookMode -> !unset "KAPSO_WEBHOOK_VERIFY_TOKEN";
        message = ''
          The verify token is missing, which the mode "${settings.mode}" needs. Set ${o "secrets.KAPSO_WEBHOOK_VERIFY_TOKEN"} to
          the path of a file with any long random text, or give KAPSO_WEBHOOK_VERIFY_TOKEN in ${o "environmentFile"}.'';
      }
      {
        assertion =
          webhookMode && settings.webhook.requireSignature
          -> !unset "KAPSO_WEBHOOK_SECRET" || settings.webhook.register;
        message = ''
          ${o "settings.webhook.requireSignature"} is set, but there is no signing secret. Set
          ${o "secrets.KAPSO_WEBHOOK_SECRET"} to the path of a file that holds it, or ${o "settings.webhook.register"} to have one
          made.'';
      }
      {
        assertion =
          settings.mode == "domain" && settings.webhook.register -> settings.webhook.publicUrl != null;
        message = ''
          ${o "settings.webhook.register"} in the mode "domain" needs ${o "settings.webhook.publicUrl"}: the address under which
          Kapso reaches the webhook, such as "https://whatsapp.example.com/webhook".'';
      }
      {
        assertion = settings.mode == "tailscale" -> cfg.tailscale.enable;
        message = ''
          The mode "tailscale" needs ${o "tailscale.enable"}: the service then gets the tailscale program and the right to open
          a funnel.'';
      }
      {
        assertion = cfg.tailscale.enable -> settings.mode == "tailscale";
        message = ''
          ${o "tailscale.enable"} is for the mode "tailscale", and ${o "settings.mode"} is "${settings.mode}". Set one to fit the
          other: the permission that it gives would serve nothing.'';
      }
      {
        assertion = cfg.socketActivation.enable -> settings.mode != "polling";
        message = ''
          ${o "socketActivation.enable"} holds the webhook's socket, and ${o "settings.mode"} is "polling", which has none. Set the
          mode to "domain", or leave the socket out.'';
      }
      {
        assertion = cfg.socketActivation.enable -> streams != [ ] && lib.all isStream streams;
        message = ''
          ${o "socketActivation.listenStreams"} (${lib.concatStringsSep ", " streams}) must be addresses
          for systemd: "127.0.0.1:18790", "[::1]:18790", "18790" or an absolute path. A host name is none.'';
      }
      {
        assertion = cfg.socketActivation.idleExit != null -> cfg.socketActivation.enable;
        message = ''
          ${o "socketActivation.idleExit"} ends the poller when it is idle, and only a socket starts it again. Set
          ${o "socketActivation.enable"} too.'';
      }
      {
        assertion = cfg.socketActivation.idleExit != null -> settings.mode != "tailscale";
        message = ''
          ${o "socketActivation.idleExit"} would close the tunnel of the mode "tailscale", and no webhook could start the poller
          again. Use the mode "domain" for operation on demand.'';
      }
      {
        assertion = cfg.timer.enable -> !cfg.socketActivation.enable;
        message = ''
          ${o "timer.enable"} and ${o "socketActivation.enable"} exclude each other: the timer's passes do not serve a socket.'';
      }
      {
        assertion = cfg.timer.enable -> settings.mode == "polling";
        message = ''
          ${o "timer.enable"} only polls: in the mode "${settings.mode}" nothing would take webhooks. Set ${o "settings.mode"} to
          "polling", or use ${o "socketActivation.idleExit"} to run on demand.'';
      }
    ]
    ++ map (key: {
      assertion = !lib.hasAttrByPath (schema.path key) settings;
      message = ''
        ${o "settings.${key.key}"} would put a secret into the Nix store, where everybody can read it. Put it into a file and set
        ${o "secrets.${key.env}"} to its path.'';
    }) schema.secretKeys
    ++ map (key: {
      assertion = !lib.hasAttrByPath (schema.path key) settings;
      message = ''
        ${o "settings.${key.key}"} is set by the module. Set ${o "secrets.${lib.removeSuffix "_FILE" key.env}"} to that path
        instead: it is handed to the service in a way that it can read.'';
    }) schema.secretFileKeys;

  # Anybody could write to the agent.
  unsigned =
    webhookMode
    && unset "KAPSO_WEBHOOK_SECRET"
    && !settings.webhook.register
    && !settings.webhook.requireSignature;

  warnings = lib.optional unsigned ''
    services.kapso-whatsapp: in the mode "${settings.mode}" without a signing secret whoever reaches the address can write to
    your agent in any name. Set ${o "secrets.KAPSO_WEBHOOK_SECRET"}, or ${o "settings.webhook.register"} to have one made.'';
in
{
  inherit
    schema
    configFile
    command
    cli
    listen
    endpoint
    streamOf
    proxyTarget
    publicHost
    readUnit
    escape
    assertions
    warnings
    ;

  idleExit = lib.optionals (cfg.socketActivation.idleExit != null) [
    "--idle-exit"
    (toString cfg.socketActivation.idleExit)
  ];

  secretsInUse = lib.filter (secret: cfg.secrets.${secret.env} != null) schema.secrets;

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

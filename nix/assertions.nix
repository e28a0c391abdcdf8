# Configurations that both modules refuse, each with a sentence that helps, and those that they warn of.
{
  lib,
  cfg,
  service,
}:

let
  inherit (service) schema isStream isSocketPath;

  o = name: "services.kapso-whatsapp.${name}";
  inherit (cfg) settings;
  webhookMode = settings.mode != "polling";
  streams = cfg.socketActivation.listenStreams;
  unset = name: cfg.secrets.${name} == null && cfg.environmentFile == null;
  inherit (settings) accounts;
  hasNumber = settings.kapso.phoneNumberId != null || accounts != [ ];
  # Whether each of several numbers has its own.
  allHave = path: accounts != [ ] && lib.all (account: lib.attrByPath path null account != null) accounts;

  assertions = [
    {
      assertion = !unset "KAPSO_API_KEY" || allHave [ "apiKeyFile" ];
      message = ''
        The Kapso API key is missing. Set ${o "secrets.KAPSO_API_KEY"} to the path of a file that holds it (such as
        "/run/secrets/kapso-api-key"), or give KAPSO_API_KEY in ${o "environmentFile"}.'';
    }
    {
      assertion = hasNumber || cfg.environmentFile != null;
      message = ''
        The phone number id is missing. Set ${o "settings.kapso.phoneNumberId"} to the id that Kapso shows for the number
        (in quotes), or give KAPSO_PHONE_NUMBER_ID in ${o "environmentFile"}. Several numbers stand in
        ${o "settings.accounts"}.'';
    }
    {
      assertion = settings.kapso.phoneNumberId == null || accounts == [ ];
      message = ''
        ${o "settings.kapso.phoneNumberId"} is set beside ${o "settings.accounts"}. Keep one of them, and put every number into
        the list when there are several.'';
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
        ->
          !unset "KAPSO_WEBHOOK_SECRET"
          || settings.webhook.register
          || allHave [
            "webhook"
            "secretFile"
          ];
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
      assertion = cfg.socketActivation.enable -> lib.length streams == 1;
      message = ''
        ${o "socketActivation.listenStreams"} has ${toString (lib.length streams)} addresses (${lib.concatStringsSep ", " streams}),
        and the poller takes one socket: with more it would not start. Leave one.'';
    }
    {
      assertion = cfg.socketActivation.enable -> lib.all isStream streams;
      message = ''
        ${o "socketActivation.listenStreams"} (${lib.concatStringsSep ", " streams}) must be an address
        for systemd: "127.0.0.1:18790", "[::1]:18790", "18790" or an absolute path of at most 107 bytes, of letters, digits and
        @%_.,=+-. A host name is none.'';
    }
    {
      assertion = webhookMode && service.listen ? path -> isSocketPath service.listen.path;
      message = ''
        ${o "settings.webhook.listen"} is "${settings.webhook.listen}". The path of a Unix socket must be absolute, of at most 107
        bytes, of letters, digits and @%_.,=+-: what a reverse proxy takes for the end of a word is refused.'';
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
    {
      assertion = cfg.database.url != null -> cfg.secrets.KAPSO_STATE_DATABASE == null;
      message = ''
        ${o "database.url"} and ${o "secrets.KAPSO_STATE_DATABASE"} both name a database. Leave one: the file where the address
        has a password, else the option.'';
    }
    {
      assertion =
        cfg.database.createLocally -> cfg.database.url == null && cfg.secrets.KAPSO_STATE_DATABASE == null;
      message = ''
        ${o "database.createLocally"} makes a database on this machine, and ${o "database.url"} or
        ${o "secrets.KAPSO_STATE_DATABASE"} names another one. Leave one out.'';
    }
    {
      assertion = cfg.database.createLocally -> !cfg.timer.enable;
      message = ''
        ${o "timer.enable"} is for small machines, on which nothing runs between two passes, and with
        ${o "database.createLocally"} a PostgreSQL server always runs. Leave the database out: the inbox is then a file in the
        state directory, which needs no server.'';
    }
  ]
  ++ map (
    { path, file, ... }:
    {
      assertion = !lib.hasPrefix builtins.storeDir file;
      message = ''
        ${o "settings.accounts"}.*.${lib.concatStringsSep "." path} is in the Nix store (${file}), where everybody can read it.
        Name a file outside of it, such as "/run/secrets/kapso-sales".'';
    }
  ) service.accountSecrets
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
  }) schema.secretFileKeys
  ++ map (unknown: {
    assertion = false;
    message = "${o "settings.${unknown.key}"} is no setting of the programs.${unknown.meant}";
  }) (schema.unknown settings);

  # Without a signature anybody could write to the agent.
  unsigned =
    webhookMode
    && unset "KAPSO_WEBHOOK_SECRET"
    && !settings.webhook.register
    && !settings.webhook.requireSignature
    && !allHave [
      "webhook"
      "secretFile"
    ];

  # Kapso knows one path, and the poller serves another. A proxy between them may translate.
  elsewhere =
    settings.mode == "domain"
    && service.publicPath != null
    && service.publicPath != settings.webhook.path;

  warnings =
    lib.optional unsigned ''
      services.kapso-whatsapp: in the mode "${settings.mode}" without a signing secret whoever reaches the address can write to
      your agent in any name. Set ${o "secrets.KAPSO_WEBHOOK_SECRET"}, or ${o "settings.webhook.register"} to have one made.''
    ++ lib.optional elsewhere ''
      services.kapso-whatsapp: ${o "settings.webhook.publicUrl"} is "${toString settings.webhook.publicUrl}", and the poller
      serves "${settings.webhook.path}" alone. Unless your reverse proxy changes the path, every message is answered with 404:
      set ${o "settings.webhook.path"} to "${toString service.publicPath}".'';

  # What the agent's command line would not find. It has the settings and files of the poller, but the gateway's
  # environment and the gateway's user.
  agentWarnings =
    {
      # The gateway's variables.
      environment,
      # Whether they are also those of `environmentFile`.
      sharesFile,
      # The option that sets them.
      option,
      # Why the gateway's user cannot read the file with the API key; null where that is not known.
      unreadable ? null,
    }:
    let
      has = name: sharesFile || environment ? ${name};
      hasKey = has "KAPSO_API_KEY" || environment ? KAPSO_API_KEY_FILE;
    in
    lib.optionals (cfg.installSkill && cfg.enableCli) (
      lib.optional (cfg.secrets.KAPSO_API_KEY == null && !hasKey && !allHave [ "apiKeyFile" ]) ''
        services.kapso-whatsapp: the agent's kapso-whatsapp-cli has no API key, since ${o "environmentFile"} reaches the poller
        alone. Set ${o "secrets.KAPSO_API_KEY"}, or ${option}.''
      ++ lib.optional (!hasNumber && !has "KAPSO_PHONE_NUMBER_ID") ''
        services.kapso-whatsapp: the agent's kapso-whatsapp-cli has no phone number id, since ${o "environmentFile"} reaches the
        poller alone. Set ${o "settings.kapso.phoneNumberId"}, or ${option}.''
      ++ lib.optional (cfg.secrets.KAPSO_API_KEY != null && !hasKey && unreadable != null) ''
        services.kapso-whatsapp: the agent's kapso-whatsapp-cli cannot send, since ${unreadable}. Make that user its owner.''
    );
in
{
  inherit
    assertions
    warnings
    agentWarnings
    elsewhere
    ;
}

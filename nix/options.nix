# services.kapso-whatsapp: the same options in the home-manager and the NixOS module.
self:
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    literalExpression
    literalMD
    mkEnableOption
    mkOption
    types
    ;

  cfg = config.services.kapso-whatsapp;
  schema = import ./settings.nix { inherit lib; };
  service = import ./service.nix { inherit lib pkgs cfg; };
  packages = self.packages.${pkgs.stdenv.hostPlatform.system};

  # A path as text that is not in the store. A path literal would be copied to the store. The text stands in a line of
  # a unit, where the refused characters would end the line, join it to the next, or vanish.
  secretFile =
    what: characters:
    let
      path = types.pathWith {
        absolute = true;
        inStore = false;
      };
      plain = text: !lib.hasSuffix " " text && !lib.any (character: lib.hasInfix character text) characters;
    in
    types.nullOr (types.addCheck path plain // { description = "${path.description}, without ${what}"; });
  lineEnds = [
    "\n"
    "\r"
    "\t"
    "\\"
  ];
  # The text of the option is in the store. So a password is refused by the type, before any file is made.
  databaseUrl =
    let
      url = types.strMatching "postgres(ql)?://[^[:space:]]*";
      hasPassword =
        text:
        builtins.match "[a-z]+://[^/?#]*:[^/?#]*@.*" text != null || builtins.match ".*[?&]password=.*" text != null;
    in
    types.nullOr (
      types.addCheck url (text: !hasPassword text)
      // {
        description = "address of a PostgreSQL database, without a password";
      }
    );
  secretPath = secretFile "line breaks, tabs, backslashes or a blank at its end" lineEnds;
  # systemd takes it as a pattern, which may name several files.
  environmentPath = secretFile "line breaks, tabs, backslashes, a blank at its end or any of * ? [" (
    lineEnds
    ++ [
      "*"
      "?"
      "["
    ]
  );
in
{
  _file = ./options.nix;
  key = "kapso-whatsapp/nix/options.nix";

  options.services.kapso-whatsapp = {
    enable = mkEnableOption "kapso-whatsapp-poller, the bridge between WhatsApp (through Kapso) and an OpenClaw agent";

    package = mkOption {
      type = types.package;
      default = packages.poller;
      defaultText = literalExpression "kapso-whatsapp.packages.\${pkgs.stdenv.hostPlatform.system}.poller";
      example = literalExpression "pkgs.kapso-whatsapp-poller";
      description = "The package with `kapso-whatsapp-poller`. `pkgs` has one where the flake's `overlays.default` is used.";
    };

    cliPackage = mkOption {
      type = types.package;
      default = packages.cli;
      defaultText = literalExpression "kapso-whatsapp.packages.\${pkgs.stdenv.hostPlatform.system}.cli";
      example = literalExpression "pkgs.kapso-whatsapp-cli";
      description = ''
        The package with `kapso-whatsapp-cli`. It also checks the settings when the configuration is built. `pkgs` has one where
        the flake's `overlays.default` is used.
      '';
    };

    enableCli = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        Puts `kapso-whatsapp-cli` on the PATH, with the same settings, and on that of `services.openclaw-gateway` in NixOS. Every
        user can start it, but only one who may read the file in `secrets.KAPSO_API_KEY` can send: its owner, its group where the
        mode says so, or root. The agent runs it as the gateway's user. Variables of `environmentFile` do not reach it.
      '';
    };

    settings = mkOption {
      type = types.submodule {
        freeformType = (pkgs.formats.json { }).type;
        inherit (schema) options;
      };
      default = { };
      example = literalExpression ''
        {
          kapso.phoneNumberId = "647000000000001";
          polling.interval = 15;
        }
      '';
      description = ''
        The configuration file of the programs. Its keys are those of the schema; others are refused. `kapso-whatsapp-cli config
        check` checks the rest when the configuration is built. Secrets do not belong here but into `secrets`: the file is in the
        Nix store. A variable in `environmentFile` comes before the setting of its name.
      '';
    };

    secrets = lib.listToAttrs (
      map (
        secret:
        lib.nameValuePair secret.env (mkOption {
          type = secretPath;
          default = null;
          example = "/run/secrets/${secret.credential}";
          description = ''
            The path, outside the Nix store, of a file that holds this value alone, or as `${secret.env}=value`:
            ${secret.schema.description}
          '';
        })
      ) schema.secrets
    );

    environmentFile = mkOption {
      type = environmentPath;
      default = null;
      example = "/run/secrets/kapso-whatsapp.env";
      description = ''
        The path, outside the Nix store, of a file with lines `VARIABLE=value`: any variable of the programs, secrets
        too. It comes before `settings` and `secrets`. What it holds is in the environment of the service; a file in
        `secrets` is not. It is read as in `EnvironmentFile=` of {manpage}`systemd.exec(5)`, on macOS too: nothing in it
        is run or replaced. There each value must stand on one line.
      '';
    };

    database = {
      url = mkOption {
        type = databaseUrl;
        default = null;
        example = "postgresql:///kapso-whatsapp?host=/run/postgresql";
        description = ''
          The address of a PostgreSQL database that has the inbox, where it needs no password: by peer authentication or a
          certificate. It is in the Nix store; an address with a password belongs into a file, which
          `secrets.KAPSO_STATE_DATABASE` names. Without either, and without `database.createLocally`, the inbox is a file in
          the state directory.
        '';
      };

      createLocally = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Has the inbox in a PostgreSQL database of this machine: `services.postgresql` is enabled, with a database and a role
          of the service's account, which the server knows by peer authentication. The account is `kapso-whatsapp`, in place of
          a dynamic user, or `tailscale.operator`. In NixOS only.
        '';
      };
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Opens the firewall for webhooks: ports 80 and 443 where `nginx.enable` or `caddy.enable` is set, else the port of the
        webhook, for a reverse proxy on another machine. In NixOS only.
      '';
    };

    socketActivation = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Lets systemd hold the webhook's socket: no webhook is turned away while the poller starts or restarts. Not on macOS.
        '';
      };

      listenStreams = mkOption {
        type = types.listOf types.nonEmptyStr;
        default = [ (service.streamOf cfg.settings.webhook.listen) ];
        defaultText = literalMD "the address in `settings.webhook.listen`";
        example = [ "127.0.0.1:18790" ];
        description = ''
          Where that socket listens: one address, as in `ListenStream=` of {manpage}`systemd.socket(5)`, of TCP or an absolute path.
          `%` stands for itself.
        '';
      };

      idleExit = mkOption {
        type = types.nullOr (types.ints.between 1 999999);
        default = null;
        example = 60;
        description = ''
          Operation on demand: the poller is not started at boot but by the first webhook, and ends after so many seconds in
          which nothing happened. `null` lets it run all the time.
        '';
      };
    };

    timer = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Polls now and then instead of all the time, for small machines: each pass delivers what there is and ends. For the
          mode `polling`.
        '';
      };

      interval = mkOption {
        type = types.ints.positive;
        default = 120;
        example = 300;
        description = "The pause between two passes, in seconds.";
      };

      onCalendar = mkOption {
        type = types.nullOr types.nonEmptyStr;
        default = null;
        example = "*:0/5";
        description = ''
          When to poll, in the place of `interval`: a calendar event as in {manpage}`systemd.time(7)`. Not on macOS.
        '';
      };
    };

    installSkill = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Links the skill that teaches the agent to answer into the `skills` directory of OpenClaw's state directory. (A link in a
        workspace would be passed over.) With home-manager it also gives the agent the CLI of `enableCli`, by
        `programs.openclaw.runtimePackages`. Leave it off where nix-openclaw's `customPlugins` has the plugin, which brings both.
        In NixOS for `services.openclaw-gateway` only.
      '';
    };

    metrics.prometheus = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Serves health and metrics (`settings.metrics.enable`), and has the Prometheus of this machine read them, with the
        project's alert rules: `services.prometheus`, which is enabled too. In NixOS only.
      '';
    };

    nginx = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          A virtual host of nginx in front of the webhook, with TLS and a certificate by ACME, for the mode `domain`. The webhook
          then listens on this machine only, unless `settings.webhook.listen` says otherwise. In NixOS only.
        '';
      };

      virtualHost = mkOption {
        type = types.nullOr types.nonEmptyStr;
        default = service.publicHost;
        defaultText = literalMD "the host in `settings.webhook.publicUrl`";
        example = "whatsapp.example.com";
        description = ''
          The name of the virtual host. Everything about it can be changed in `services.nginx.virtualHosts.<name>`.
        '';
      };
    };

    caddy = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          A virtual host of Caddy in front of the webhook, which gets its certificate by itself, for the mode `domain`. The webhook
          then listens on this machine only, unless `settings.webhook.listen` says otherwise. In NixOS only.
        '';
      };

      virtualHost = mkOption {
        type = types.nullOr types.nonEmptyStr;
        default = service.publicHost;
        defaultText = literalMD "the host in `settings.webhook.publicUrl`";
        example = "whatsapp.example.com";
        description = ''
          The name of the virtual host. Everything about it can be changed in `services.caddy.virtualHosts.<name>`.
        '';
      };
    };

    tailscale = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          What the mode `tailscale` needs: the `tailscale` program for the service and, in NixOS, `services.tailscale`
          and an account that may open a funnel (`tailscale.operator`). With home-manager give yourself that right,
          once: `sudo tailscale set --operator=$USER`.
        '';
      };

      package = mkOption {
        type = types.package;
        default = pkgs.tailscale;
        defaultText = literalExpression "pkgs.tailscale";
        example = literalExpression "config.services.tailscale.package";
        description = "The package with the `tailscale` program.";
      };

      operator = mkOption {
        type = types.nonEmptyStr;
        default = "kapso-whatsapp";
        example = "alice";
        description = ''
          The account that the service runs as in this mode, in the place of a dynamic user, and that becomes tailscaled's
          operator (it has one). The default account is made for it; another must exist. In NixOS only.
        '';
      };
    };
  };
}

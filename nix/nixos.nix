# The NixOS module: a system service that owns only its state directory.
self:
{
  config,
  lib,
  options,
  pkgs,
  ...
}:

let
  inherit (lib) mkDefault mkIf mkMerge;

  cfg = config.services.kapso-whatsapp;
  service = import ./service.nix { inherit lib pkgs cfg; };
  refused = import ./assertions.nix { inherit lib cfg service; };

  stateRoot = "/var/lib/";
  stateDirectory = lib.removeSuffix "/" (lib.removePrefix stateRoot cfg.settings.state.dir);
  # systemd's rule: it ignores a directory with "..".
  isName = part: builtins.match "[A-Za-z0-9._-]+" part != null && part != "." && part != "..";

  # systemd reads the secrets and gives them to the service as credentials. The CLI reads the files as the user who runs it.
  pollerConfig = service.configFile {
    name = "kapso-whatsapp";
    secretFiles = false;
  };
  cliConfig = service.configFile {
    name = "kapso-whatsapp-cli";
    secretFiles = true;
  };

  # From nix-openclaw, where it is used.
  gateway = config.services.openclaw-gateway or { enable = false; };
  gatewayUnit = "${gateway.unitName or "openclaw-gateway"}.service";

  # The agent's command line reads the API key as the gateway's user. Only for files of sops-nix and agenix is it known
  # who may read them.
  mayRead =
    file:
    let
      inherit (gateway) user;
      group = file.group or null;
      mode = builtins.match ".*([0-7])([0-7])" (file.mode or "0400");
      groups = [ gateway.group ] ++ config.users.users.${user}.extraGroups or [ ];
      inGroup = lib.elem group groups || lib.elem user (config.users.groups.${toString group}.members or [ ]);
      permits = digit: lib.elem digit (lib.stringToCharacters "4567");
    in
    (file.owner or null) == user
    || mode == null
    || inGroup && permits (lib.head mode)
    || permits (lib.last mode);
  unreadable =
    let
      files = lib.attrValues (config.sops.secrets or { }) ++ lib.attrValues (config.age.secrets or { });
      isKey = file: (file.path or null) == cfg.secrets.KAPSO_API_KEY;
    in
    if lib.any (file: !mayRead file) (lib.filter isKey files) then
      "${gateway.user}, as whom the gateway runs, may not read ${cfg.secrets.KAPSO_API_KEY}"
    else
      null;

  hasAccount = cfg.tailscale.enable || cfg.database.createLocally;
  proxied = cfg.nginx.enable || cfg.caddy.enable;
  nginx = cfg.enable && cfg.nginx.enable && cfg.nginx.virtualHost != null;
  caddy = cfg.enable && cfg.caddy.enable && cfg.caddy.virtualHost != null;
  tailscale = cfg.enable && cfg.tailscale.enable;
  prometheus = cfg.enable && cfg.metrics.prometheus;
  postgresql = cfg.enable && cfg.database.createLocally;

  nginxHost = {
    enableACME = mkDefault true;
    forceSSL = mkDefault true;
    # Only this path, with an unchanged body: the signature covers its bytes.
    locations."= ${cfg.settings.webhook.path}" = {
      proxyPass = "http://${service.proxyTarget.address or "unix:${service.proxyTarget.path}"}";
      extraConfig = ''
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        client_max_body_size ${toString cfg.settings.webhook.maxBodyBytes};
      '';
    };
    locations."/".return = mkDefault "404";
  };

  caddyHost = ''
    handle ${cfg.settings.webhook.path} {
      reverse_proxy ${service.proxyTarget.address or "unix/${service.proxyTarget.path}"}
    }
    handle {
      respond 404
    }
  '';

  # Both services come from their units in ./systemd, except for what Nix says better.
  serviceOf =
    unit: arguments:
    let
      shipped = service.readUnit unit;
    in
    {
      description = shipped.Unit.Description;
      documentation = [ shipped.Unit.Documentation ];
      wants = [ "network-online.target" ];
      after = [
        "network-online.target"
        gatewayUnit
      ];
      restartTriggers = [ pollerConfig ];
      path = lib.optional cfg.tailscale.enable cfg.tailscale.package;
      unitConfig = removeAttrs shipped.Unit [
        "Description"
        "Documentation"
        "Wants"
        "After"
        "Conflicts"
      ];
      serviceConfig =
        removeAttrs shipped.Service [
          "Environment"
          "EnvironmentFile"
          "ExecReload"
          "LoadCredential"
        ]
        // {
          ExecStart = lib.escapeShellArgs (service.command pollerConfig arguments);
          StateDirectory = stateDirectory;
        }
        // lib.optionalAttrs (service.credentials != [ ]) {
          LoadCredential = map (
            { credential, file }: "${credential}:${service.escape file}"
          ) service.credentials;
        }
        // lib.optionalAttrs (cfg.environmentFile != null) {
          EnvironmentFile = service.escape cfg.environmentFile;
        }
        # tailscaled knows its operator by name, and PostgreSQL its user, so the account must exist. (They see the right one
        # also through PrivateUsers=, which leaves the service's own id unchanged.)
        // lib.optionalAttrs hasAccount {
          DynamicUser = false;
          User = service.account;
        };
    };
in
{
  _file = ./nixos.nix;
  key = "kapso-whatsapp/nix/nixos.nix";
  _class = "nixos";

  imports = [ (import ./options.nix self) ];

  config = mkMerge [
    {
      # Which of these services is configured must not depend on the configuration of the others, so the conditions are inside.
      services.nginx = {
        enable = mkIf nginx (mkDefault true);
        virtualHosts = mkIf nginx { ${cfg.nginx.virtualHost} = nginxHost; };
      };
      services.caddy = {
        enable = mkIf caddy (mkDefault true);
        virtualHosts = mkIf caddy { ${cfg.caddy.virtualHost}.extraConfig = caddyHost; };
      };
      services.prometheus = {
        enable = mkIf prometheus (mkDefault true);
        scrapeConfigs = mkIf prometheus [
          {
            # The name that the rules know.
            job_name = "kapso-whatsapp";
            static_configs = [ { targets = [ service.metricsTarget.address or "" ]; } ];
          }
        ];
        ruleFiles = mkIf prometheus [ ../docs/monitoring/rules.yaml ];
      };
      services.postgresql = {
        enable = mkIf postgresql (mkDefault true);
        ensureDatabases = mkIf postgresql [ service.account ];
        # Root too, who alone may read the secrets that the command line has besides.
        authentication = mkIf postgresql ''
          local ${service.account} ${service.account} peer map=kapso-whatsapp
        '';
        identMap = mkIf postgresql ''
          kapso-whatsapp ${service.account} ${service.account}
          kapso-whatsapp root ${service.account}
        '';
        # As the owner it may make the schema of its tables.
        ensureUsers = mkIf postgresql [
          {
            name = service.account;
            ensureDBOwnership = true;
          }
        ];
      };
      services.tailscale = {
        enable = mkIf tailscale (mkDefault true);
        # Only the operator and root may open a funnel.
        extraSetFlags = mkIf tailscale [ "--operator=${cfg.tailscale.operator}" ];
      };
    }

    (mkIf cfg.enable (mkMerge [
      {
        assertions = refused.assertions ++ [
          {
            assertion =
              lib.hasPrefix stateRoot cfg.settings.state.dir
              && lib.all isName (lib.splitString "/" stateDirectory);
            message = ''
              services.kapso-whatsapp.settings.state.dir is "${cfg.settings.state.dir}".
              The service can write below ${stateRoot} only, where systemd makes the directory for it; name one there.'';
          }
          {
            assertion = lib.all ({ number, ... }: number.name != null) service.accountSecrets;
            message = ''
              An account in services.kapso-whatsapp.settings.accounts has a secret of its own and no name. systemd gives the file
              to the service under that name: set it, such as "sales".'';
          }
          {
            assertion = proxied -> cfg.settings.mode == "domain";
            message = ''
              services.kapso-whatsapp.nginx and .caddy stand in front of the webhook of the mode "domain", and
              services.kapso-whatsapp.settings.mode is "${cfg.settings.mode}".'';
          }
          {
            assertion = proxied -> !refused.elsewhere;
            message = ''
              services.kapso-whatsapp.settings.webhook.publicUrl is "${toString cfg.settings.webhook.publicUrl}",
              and the proxy passes on "${cfg.settings.webhook.path}" alone: every message would be answered with 404. Set
              services.kapso-whatsapp.settings.webhook.path to "${toString service.publicPath}", or change the URL's path.'';
          }
          {
            assertion = !(cfg.nginx.enable && cfg.caddy.enable);
            message = ''
              services.kapso-whatsapp.nginx.enable and services.kapso-whatsapp.caddy.enable exclude each other; choose one.'';
          }
          {
            assertion =
              (cfg.nginx.enable -> cfg.nginx.virtualHost != null)
              && (cfg.caddy.enable -> cfg.caddy.virtualHost != null);
            message = ''
              The virtual host has no name. Set services.kapso-whatsapp.settings.webhook.publicUrl (such as
              "https://whatsapp.example.com/webhook"), or nginx.virtualHost or caddy.virtualHost.'';
          }
          {
            assertion =
              cfg.settings.mode == "domain" && service.listen ? path -> cfg.socketActivation.enable;
            message = ''
              services.kapso-whatsapp.settings.webhook.listen is a Unix socket, which the service cannot make where a proxy
              may open it. Set services.kapso-whatsapp.socketActivation.enable: systemd then makes it.'';
          }
          {
            assertion =
              cfg.openFirewall
              -> cfg.settings.mode == "domain" && (proxied || !(service.endpoint ? path));
            message = ''
              services.kapso-whatsapp.openFirewall has nothing to open: only the mode "domain" takes connections from outside, on a
              TCP port.'';
          }
          {
            assertion = cfg.metrics.prometheus -> service.metricsTarget ? address;
            message = ''
              services.kapso-whatsapp.settings.metrics.listen is "${cfg.settings.metrics.listen}", a Unix socket, which Prometheus
              cannot read. Name a TCP address such as "127.0.0.1:9464", or leave services.kapso-whatsapp.metrics.prometheus out.'';
          }
          {
            assertion =
              cfg.metrics.prometheus -> !cfg.timer.enable && cfg.socketActivation.idleExit == null;
            message = ''
              services.kapso-whatsapp.metrics.prometheus needs a poller that runs all the time: Prometheus would call it down
              between the passes of timer.enable, and after socketActivation.idleExit.'';
          }
          {
            assertion = cfg.installSkill -> gateway.enable;
            message = ''
              services.kapso-whatsapp.installSkill needs services.openclaw-gateway of nix-openclaw on this machine. For a gateway of
              a user, use the home-manager module.'';
          }
        ];
        warnings =
          refused.warnings
          ++ lib.optionals gateway.enable (
            refused.agentWarnings {
              inherit (gateway) environment;
              inherit unreadable;
              sharesFile = lib.elem cfg.environmentFile (map (lib.removePrefix "-") gateway.environmentFiles);
              option = "services.openclaw-gateway.environment";
            }
          );

        services.kapso-whatsapp.settings.state.dir = mkDefault "/var/lib/kapso-whatsapp";

        environment.systemPackages = lib.optionals cfg.enableCli [
          cfg.cliPackage
          (service.cli cliConfig)
        ];
      }

      (mkIf (!cfg.timer.enable) {
        systemd.services.kapso-whatsapp-poller = mkMerge [
          (serviceOf ./systemd/kapso-whatsapp-poller.service service.idleExit)
          {
            # On demand, the first webhook starts the service.
            wantedBy = lib.optional (cfg.socketActivation.idleExit == null) "multi-user.target";
            requires = lib.optional cfg.socketActivation.enable "kapso-whatsapp-poller.socket";
          }
        ];
      })

      (mkIf cfg.socketActivation.enable {
        systemd.sockets.kapso-whatsapp-poller =
          let
            shipped = service.readUnit ./systemd/kapso-whatsapp-poller.socket;
          in
          {
            description = shipped.Unit.Description;
            documentation = [ shipped.Unit.Documentation ];
            wantedBy = [ shipped.Install.WantedBy ];
            inherit (service) listenStreams;
            socketConfig =
              removeAttrs shipped.Socket [ "ListenStream" ]
              # A Unix socket is for the proxy, not for everybody on the machine.
              // lib.optionalAttrs (service.endpoint ? path) {
                SocketMode = "0660";
                SocketGroup = mkIf proxied (
                  if cfg.nginx.enable then config.services.nginx.group else config.services.caddy.group
                );
              };
          };
      })

      (mkIf cfg.timer.enable {
        systemd.services.kapso-whatsapp-poller-once =
          serviceOf ./systemd/kapso-whatsapp-poller-once.service
            [ "--once" ];
        systemd.timers.kapso-whatsapp-poller-once = {
          description = "Poll WhatsApp messages now and then";
          wantedBy = [ "timers.target" ];
          timerConfig = service.timerSection;
        };
      })

      (mkIf gateway.enable {
        services.kapso-whatsapp.settings.gateway.url = mkDefault "ws://127.0.0.1:${toString gateway.port}";
      })

      # The gateway's service does not have the system's PATH.
      (mkIf cfg.enableCli {
        services = lib.optionalAttrs (lib.hasAttrByPath [ "services" "openclaw-gateway" "servicePath" ] options) {
          openclaw-gateway.servicePath = [ (service.cli cliConfig) ];
        };
      })

      (mkIf (cfg.installSkill && gateway.enable) {
        systemd.tmpfiles.settings.kapso-whatsapp = {
          "${gateway.stateDir}/skills".d = {
            inherit (gateway) user group;
            mode = "0750";
          };
          # The link is to the directory: OpenClaw ignores a linked file in it.
          "${gateway.stateDir}/skills/kapso-whatsapp"."L+".argument = "${../skills/kapso-whatsapp}";
        };
      })

      (mkIf cfg.metrics.prometheus {
        services.kapso-whatsapp.settings.metrics.enable = mkDefault true;
      })

      (mkIf proxied {
        services.kapso-whatsapp.settings.webhook.listen = mkDefault "127.0.0.1:18790";
      })

      (mkIf cfg.openFirewall {
        networking.firewall.allowedTCPPorts =
          if proxied then
            [
              80
              443
            ]
          else
            lib.optional (service.endpoint.port or null != null) service.endpoint.port;
      })

      (mkIf cfg.tailscale.enable {
        systemd.services.kapso-whatsapp-poller = mkIf (!cfg.timer.enable) {
          wants = [ "tailscaled.service" ];
          after = [
            "tailscaled.service"
            "tailscaled-set.service"
          ];
        };
      })

      # The target is reached when the role and the database exist.
      (mkIf cfg.database.createLocally {
        systemd.services.kapso-whatsapp-poller = mkIf (!cfg.timer.enable) {
          requires = [ "postgresql.target" ];
          after = [ "postgresql.target" ];
        };
      })

      (mkIf (hasAccount && service.account == "kapso-whatsapp") {
        users.users.kapso-whatsapp = {
          isSystemUser = true;
          group = "kapso-whatsapp";
          description = "Bridge between WhatsApp and an OpenClaw agent";
        };
        users.groups.kapso-whatsapp = { };
      })
    ]))
  ];
}

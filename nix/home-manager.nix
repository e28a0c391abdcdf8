# The home-manager module: a service of one user, beside an OpenClaw gateway of the same user.
self:
{
  config,
  lib,
  options,
  pkgs,
  ...
}:

let
  inherit (lib) mkIf mkMerge;
  inherit (pkgs.stdenv.hostPlatform) isDarwin isLinux;

  cfg = config.services.kapso-whatsapp;
  service = import ./service.nix { inherit lib pkgs cfg; };
  refused = import ./assertions.nix { inherit lib cfg service; };

  # Poller and CLI run as the user, who may read the files, so they share one configuration with the files' paths. It
  # is not ~/.config/kapso-whatsapp/config.json, which belongs to nix-openclaw (`customPlugins`, `config.settings`).
  # Credentials of user services need a newer systemd than the units do, and launchd has none.
  configFile = service.configFile {
    name = "kapso-whatsapp";
    secretFiles = true;
  };
  command = service.command configFile;

  openclaw = config.programs.openclaw or { };
  openclawState = openclaw.stateDir or "${config.home.homeDirectory}/.openclaw";

  shipped = service.readUnit ./systemd/user/kapso-whatsapp-poller.service;
  shippedOnce = service.readUnit ./systemd/kapso-whatsapp-poller-once.service;
  shippedSocket = service.readUnit ./systemd/user/kapso-whatsapp-poller.socket;

  unitSection = section: {
    inherit (section) Description;
    Documentation = [ section.Documentation ];
    # The gateway, and the services that put the secrets there. None of them has to exist.
    After = [
      "openclaw-gateway.service"
      "sops-nix.service"
      "agenix.service"
    ];
    X-Restart-Triggers = [ configFile ];
  };

  serviceSection =
    section: arguments:
    removeAttrs section [
      "Environment"
      "EnvironmentFile"
      "ExecReload"
    ]
    // {
      ExecStart = lib.escapeShellArgs (command arguments);
    }
    // lib.optionalAttrs (cfg.environmentFile != null) {
      EnvironmentFile = service.escape cfg.environmentFile;
    }
    // lib.optionalAttrs cfg.tailscale.enable {
      Environment = [ "PATH=${tailscalePath}/run/current-system/sw/bin:/usr/bin:/bin" ];
    };

  tailscalePath = lib.optionalString cfg.tailscale.enable "${lib.makeBinPath [ cfg.tailscale.package ]}:";

  # launchd has no EnvironmentFile=.
  program =
    arguments:
    if cfg.environmentFile == null then
      command arguments
    else
      [
        "/bin/sh"
        "${./environment-file.sh}"
        cfg.environmentFile
      ]
      ++ command arguments;

  log = "${config.home.homeDirectory}/Library/Logs/kapso-whatsapp-poller.log";

  agent = {
    RunAtLoad = true;
    Umask = 63; # 077
    StandardOutPath = log;
    StandardErrorPath = log;
    EnvironmentVariables = {
      PATH = "${tailscalePath}/usr/bin:/bin:/usr/sbin:/sbin";
    };
  };

  nixosOnly = name: set: {
    assertion = !set;
    message = ''
      services.kapso-whatsapp.${name} is for NixOS: home-manager cannot change the system. Use the NixOS module, or configure
      it there.'';
  };
  notOnDarwin = name: set: {
    assertion = isDarwin -> !set;
    message = "services.kapso-whatsapp.${name} needs systemd and does not work with launchd on macOS.";
  };
in
{
  _file = ./home-manager.nix;
  key = "kapso-whatsapp/nix/home-manager.nix";
  _class = "homeManager";

  imports = [ (import ./options.nix self) ];

  config = mkIf cfg.enable (mkMerge [
    {
      assertions = refused.assertions ++ [
        (nixosOnly "openFirewall" cfg.openFirewall)
        (nixosOnly "database.createLocally" cfg.database.createLocally)
        (nixosOnly "nginx.enable" cfg.nginx.enable)
        (nixosOnly "metrics.prometheus" cfg.metrics.prometheus)
        (nixosOnly "caddy.enable" cfg.caddy.enable)
        (nixosOnly "tailscale.operator" (cfg.tailscale.operator != "kapso-whatsapp"))
        (notOnDarwin "socketActivation.enable" cfg.socketActivation.enable)
        (notOnDarwin "timer.onCalendar" (cfg.timer.onCalendar != null))
      ];
      warnings =
        refused.warnings
        ++ refused.agentWarnings {
          environment = openclaw.environment or { };
          sharesFile = false;
          option = "programs.openclaw.environment";
        };

      home.packages = lib.optionals cfg.enableCli [
        cfg.cliPackage
        (service.cli configFile)
      ];
    }

    (mkIf cfg.installSkill {
      # A link to the directory: OpenClaw accepts that here, but not a linked SKILL.md.
      home.file."${openclawState}/skills/kapso-whatsapp".source = ../skills/kapso-whatsapp;
    })

    # The gateway's PATH is not the user's.
    (mkIf (cfg.installSkill && cfg.enableCli) {
      programs = lib.optionalAttrs (lib.hasAttrByPath [ "programs" "openclaw" "runtimePackages" ] options) {
        openclaw.runtimePackages = [ (service.cli configFile) ];
      };
    })

    (mkIf (isLinux && !cfg.timer.enable) {
      systemd.user.services.kapso-whatsapp-poller = {
        Unit =
          unitSection shipped.Unit
          // {
            inherit (shipped.Unit) StartLimitIntervalSec StartLimitBurst;
          }
          // lib.optionalAttrs cfg.socketActivation.enable { Requires = [ "kapso-whatsapp-poller.socket" ]; };
        Service = serviceSection shipped.Service service.idleExit;
        # On demand, the first webhook starts the service.
        Install = mkIf (cfg.socketActivation.idleExit == null) { WantedBy = [ shipped.Install.WantedBy ]; };
      };
    })

    (mkIf (isLinux && cfg.socketActivation.enable) {
      systemd.user.sockets.kapso-whatsapp-poller = {
        Unit = {
          inherit (shippedSocket.Unit) Description;
          Documentation = [ shippedSocket.Unit.Documentation ];
        };
        Socket =
          shippedSocket.Socket
          // { ListenStream = service.listenStreams; }
          // lib.optionalAttrs (service.endpoint ? path) { SocketMode = "0600"; };
        Install.WantedBy = [ shippedSocket.Install.WantedBy ];
      };
    })

    (mkIf (isLinux && cfg.timer.enable) {
      systemd.user.services.kapso-whatsapp-poller-once = {
        Unit = unitSection shippedOnce.Unit;
        Service =
          # The sandbox of the service unit, the start conditions of the once unit.
          serviceSection (removeAttrs shipped.Service [
            "Restart"
            "RestartSec"
            "RestartPreventExitStatus"
            "WatchdogSec"
          ]) [ "--once" ]
          // {
            inherit (shippedOnce.Service) Type SuccessExitStatus TimeoutStartSec;
          };
      };
      systemd.user.timers.kapso-whatsapp-poller-once = {
        Unit.Description = "Poll WhatsApp messages now and then";
        Timer = service.timerSection;
        Install.WantedBy = [ "timers.target" ];
      };
    })

    (mkIf isDarwin {
      launchd.agents.kapso-whatsapp-poller = {
        enable = true;
        config =
          if cfg.timer.enable then
            agent
            // {
              ProgramArguments = program [ "--once" ];
              StartInterval = cfg.timer.interval;
            }
          else
            agent
            // {
              ProgramArguments = program [ ];
              # launchd cannot tell a wrong configuration from a failure, so the restarts are at least not too often.
              KeepAlive.SuccessfulExit = false;
              ThrottleInterval = 30;
            };
      };
    })
  ]);
}

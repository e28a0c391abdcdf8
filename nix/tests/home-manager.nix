{ self }:
{
  name = "kapso-whatsapp-home-manager";
  nodes.machine =
    { lib, pkgs, ... }:
    let
      home = self.inputs.home-manager.lib.homeManagerConfiguration {
        inherit pkgs;
        modules = [
          self.homeModules.default
          {
            home = {
              username = "ada";
              homeDirectory = "/home/ada";
              stateVersion = "26.05";
            };
            services.kapso-whatsapp = {
              enable = true;
              settings = {
                mode = "domain";
                kapso = {
                  phoneNumberId = "647000000000001";
                  baseUrl = "http://127.0.0.1:8080";
                };
                polling = {
                  interval = 5;
                  fallback = true;
                };
                webhook.listen = "127.0.0.1:18790";
              };
              secrets = {
                KAPSO_API_KEY = "/etc/kapso-test/of-ada/api-key";
                OPENCLAW_TOKEN = "/etc/kapso-test/of-ada/gateway-token";
                KAPSO_WEBHOOK_SECRET = "/etc/kapso-test/of-ada/webhook-secret";
                KAPSO_WEBHOOK_VERIFY_TOKEN = "/etc/kapso-test/of-ada/webhook-verify-token";
              };
              socketActivation.enable = true;
            };
          }
        ];
      };
      ours = lib.filter (file: lib.hasInfix "kapso" file.target) (lib.attrValues home.config.home.file);
      directories = lib.unique (
        [
          ".config"
          ".config/systemd"
          ".config/systemd/user"
        ]
        ++ map (file: dirOf file.target) ours
      );
      secret = text: {
        text = "${text}\n";
        mode = "0400";
        user = "ada";
      };
    in
    {
      imports = [ (import ./common.nix { inherit self; }) ];
      services.kapso-whatsapp.enable = lib.mkForce false;

      users.users.ada = {
        isNormalUser = true;
        uid = 1000;
        linger = true;
      };
      environment.etc = {
        "kapso-test/of-ada/api-key" = secret "api-key-3c9d70e1";
        "kapso-test/of-ada/gateway-token" = secret "gateway-token-58a1";
        "kapso-test/of-ada/webhook-secret" = secret "webhook-secret-90b2";
        "kapso-test/of-ada/webhook-verify-token" = secret "verify-token-6b1f";
      };

      # Makes at boot the links that home-manager's activation makes. An activation needs Nix, its store and its
      # profile in the machine, and so does home-manager's own NixOS module. systemd.user.units would not do: the test
      # is about the files that home-manager wrote.
      systemd.tmpfiles.rules =
        map (directory: "d /home/ada/${directory} 0755 ada users -") directories
        ++ map (file: "L+ /home/ada/${file.target} - - - - ${file.source}") ours;
      environment.systemPackages = lib.filter (
        package: lib.hasPrefix "kapso" (lib.getName package)
      ) home.config.home.packages;
    };
  testScript = builtins.readFile ./customers.py + builtins.readFile ./home-manager.py;
}

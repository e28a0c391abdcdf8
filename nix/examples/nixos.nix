# A NixOS machine that gets webhooks through nginx, on a socket that systemd holds.
{
  services.kapso-whatsapp = {
    enable = true;
    settings = {
      mode = "domain";
      kapso.phoneNumberId = "647000000000001";
      webhook = {
        publicUrl = "https://whatsapp.example.com/webhook";
        register = true;
      };
      polling.fallback = true;
    };
    secrets = {
      KAPSO_API_KEY = "/run/secrets/kapso-api-key";
      OPENCLAW_TOKEN = "/run/secrets/openclaw-token";
      KAPSO_WEBHOOK_VERIFY_TOKEN = "/run/secrets/webhook-verify-token";
      KAPSO_WEBHOOK_SECRET = "/run/secrets/webhook-secret";
    };
    socketActivation.enable = true;
    nginx.enable = true;
    openFirewall = true;
  };

  security.acme = {
    acceptTerms = true;
    defaults.email = "admin@example.com";
  };
}

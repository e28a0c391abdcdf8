# A user's bridge beside the user's OpenClaw gateway. It polls for messages.
{
  services.kapso-whatsapp = {
    enable = true;
    settings = {
      kapso.phoneNumberId = "647000000000001";
      polling.interval = 15;
    };
    secrets = {
      KAPSO_API_KEY = "/run/secrets/kapso-api-key";
      OPENCLAW_TOKEN = "/run/secrets/openclaw-token";
    };
    installSkill = true;
  };
}

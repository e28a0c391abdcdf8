# Refused: webhooks without a verify token, and a secret that would be in the store.
{
  services.kapso-whatsapp = {
    enable = true;
    settings = {
      mode = "domain";
      kapso.phoneNumberId = "647000000000001";
      webhook.secret = "a-long-random-text";
    };
    secrets.KAPSO_API_KEY = "/run/secrets/kapso-api-key";
  };
}

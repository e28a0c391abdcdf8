# Refused: no API key, no phone number id, and a system's reverse proxy.
{
  services.kapso-whatsapp = {
    enable = true;
    nginx.enable = true;
  };
}

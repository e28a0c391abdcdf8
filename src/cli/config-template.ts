/** A configuration to begin with. What the reader has to fill in, or may need, is commented out. */
export const firstConfig = `# The configuration of kapso-whatsapp. Is it right? kapso-whatsapp-cli config check
# All settings, with what they mean: kapso-whatsapp-cli config schema

kapso:
  # The id of your number, as Kapso shows it; in quotes.
  # phoneNumberId: "647015955153740"

  # A file that holds Kapso's API key, and that only you can read. A relative path begins where this file is.
  # apiKeyFile: kapso-api-key

gateway:
  # The OpenClaw gateway.
  url: "ws://127.0.0.1:18789"

  # A file that holds its shared token, if it has one.
  # tokenFile: gateway-token

# Who may write to the agent. A number is public, and an agent can run programs.
access:
  # pairing: whoever you have approved. allowlist: whoever is in allowFrom. open: whoever writes.
  policy: pairing

  # Whoever is in this list needs no approval: numbers with + and country code, in quotes.
  # allowFrom: ["+15551234567"]
`;

import { nixValue } from './evaluate.ts';

export type Kind = 'nixos' | 'home';
export const kinds: readonly Kind[] = ['nixos', 'home'];

export const polling = `{
  services.kapso-whatsapp = {
    enable = true;
    settings.kapso.phoneNumberId = "647000000000001";
    secrets.KAPSO_API_KEY = "/run/secrets/kapso-api-key";
  };
}`;
export const domain = `{
  services.kapso-whatsapp = {
    enable = true;
    settings = { mode = "domain"; kapso.phoneNumberId = "647000000000001"; webhook.listen = "127.0.0.1:18790"; };
    secrets = {
      KAPSO_API_KEY = "/run/secrets/kapso-api-key";
      KAPSO_WEBHOOK_VERIFY_TOKEN = "/run/secrets/verify";
      KAPSO_WEBHOOK_SECRET = "/run/secrets/secret";
    };
  };
}`;
/** Two numbers; the first one has a key of its own, and the second one more. */
export const numbers = `{
  services.kapso-whatsapp = {
    enable = true;
    settings.accounts = [
      { phoneNumberId = "647000000000001"; name = "sales"; apiKeyFile = "/run/secrets/sales"; }
      {
        phoneNumberId = "647000000000002"; name = "support"; apiKeyFile = "/run/secrets/support";
        agent = "help"; polling.interval = 15; webhook.secretFile = "/run/secrets/signing";
        transcribe.apiKeyFile = "/run/secrets/speech"; access.contacts = [ { id = "+15551234567"; } ];
      }
    ];
  };
}`;
/** A module that sets one option of ours. */
export const set = (text: string) => `{ services.kapso-whatsapp.${text} }`;

export function failures(kind: Kind, ...modules: string[]): Promise<string[]> {
  return nixValue(`failures (${kind} [ ${modules.join(' ')} ])`);
}

/** The text of the poller's configuration file. */
export async function renderedFile(kind: Kind, ...modules: string[]): Promise<string> {
  const { text } = await renderedDerivation(kind, ...modules);
  return text;
}

export function renderedDerivation(
  kind: Kind,
  ...modules: string[]
): Promise<{ name: string; text: string; checkPhase: string }> {
  const trigger = {
    nixos: 'systemd.services.kapso-whatsapp-poller.restartTriggers',
    home: 'systemd.user.services.kapso-whatsapp-poller.Unit.X-Restart-Triggers',
  }[kind];
  return nixValue(
    `let file = builtins.head (${kind} [ ${modules.join(' ')} ]).config.${trigger}; in { inherit (file) name text checkPhase; }`,
  );
}

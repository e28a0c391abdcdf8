/** Where a secret came from, in the words of hints: where it is to be changed. */
export interface SecretSource {
  /** `OPENCLAW_TOKEN`, `the file /run/secrets/token (gateway.tokenFile, …)`, `gateway.token (…)`. */
  where: string;
  /** Whether a change there counts when the configuration is read again, without a restart. */
  reloads: boolean;
}

/**
 * Puts the origin of a secret into the words of hints.
 *
 * @param called the key of the setting, or of the account's
 */
export function sourceOf(called: string, origin: string | undefined): SecretSource | null {
  if (origin === undefined || origin === 'not set' || origin === 'default') return null;
  const [, variable] = /^environment variable (\w+)$/.exec(origin) ?? [];
  if (variable !== undefined) return { where: variable, reloads: false };
  // systemd copies a credential when the service starts.
  if (origin.startsWith('credential ')) return { where: `the ${origin}`, reloads: false };
  if (origin.startsWith('file ')) return { where: `the ${origin}`, reloads: true };
  return { where: `${called} (${origin})`, reloads: true };
}

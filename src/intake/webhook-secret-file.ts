import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The signing secret that a registration has made, in the state directory. */
export const webhookSecretFileName = 'webhook-secret';

/**
 * What the state directory has of a secret: null where there is no file, the empty text where it has been emptied, by a loss of power or
 * by somebody: deliveries were signed once. Throws what node:fs throws.
 */
export function readWebhookSecret(stateDir: string): string | null {
  try {
    return readFileSync(join(stateDir, webhookSecretFileName), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

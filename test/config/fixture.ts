import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../../src/config/load.ts';

export const account = { KAPSO_API_KEY: 'key-0123456789', KAPSO_PHONE_NUMBER_ID: '647015955153740' };

/** A home directory of its own for one test. */
export interface Home {
  path: string;
  /** Writes a file, 0600 unless told otherwise; returns its path. A relative name is in the configuration directory. */
  write(name: string, content: string, mode?: number): string;
  load(options?: Partial<LoadOptions>): Promise<LoadedConfig>;
  /** The error of a load that must fail. */
  refusal(options?: Partial<LoadOptions>): Promise<ConfigError>;
}

export function createHome(): Home {
  const path = mkdtempSync(join(tmpdir(), 'kapso-config-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const load: Home['load'] = options => loadConfig({ env: account, home: path, need: 'poller', ...options });
  return {
    path,
    load,
    write: (name, content, mode = 0o600) => {
      const file = join(path, '.config/kapso-whatsapp', name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      chmodSync(file, mode);
      return file;
    },
    refusal: async options => {
      const outcome = await load(options).catch((error: unknown) => error);
      if (outcome instanceof ConfigError) return outcome;
      throw new Error('the configuration was accepted', { cause: outcome });
    },
  };
}

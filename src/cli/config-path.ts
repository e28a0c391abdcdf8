import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configDirectory, configFileNames } from '../config/file.ts';
import type { CliContext } from './command.ts';
import { orRefusal } from './refused-write.ts';

/**
 * What the units of the system use (docs/guides/systemd.md): anybody may read the file, and systemd hands over the secrets,
 * which only root can read.
 */
export const systemFiles = {
  config: '/etc/kapso-whatsapp/config.yaml',
  secrets: '/etc/credstore',
  state: '/var/lib/kapso-whatsapp',
} as const;

export const otherFile = 'Name another file: kapso-whatsapp-cli config init FILE';

/** The file that would be read in the place of the new one, or that stands in its place; null for none. */
export function existingFile(path: string, context: CliContext): string | null {
  const directory = dirname(path);
  const others = directory === configDirectory(context) ? configFileNames.map(name => join(directory, name)) : [path];
  const isThere = (file: string) => lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  return orRefusal(() => others.find(isThere), otherFile) ?? null;
}

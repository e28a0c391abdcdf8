import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** The root of this program's package. Bundles and sources are one directory below it. */
export function packageRoot(): string {
  return dirname(dirname(realpathSync(process.argv[1] ?? '')));
}

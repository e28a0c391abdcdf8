/**
 * `node test/nix/package-root.ts DIRECTORY [--project DIRECTORY] [--native DIRECTORY]`
 *
 * Lays the built programs out as the Nix packages do, `bin/` first, without links that lead out of the directory. So
 * the VM tests can run where Nix cannot build. Run `npm run build` first.
 *
 * `--project` is the checkout whose `dist/` is taken; the default is this one. `--native` is a directory with
 * `node_modules/sd-notify`, built for Node 24. Without it the programs run systemd's own program to notify, which a
 * unit with `NotifyAccess=main` does not accept.
 */
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const programs: Record<string, string> = {
  'kapso-whatsapp-poller': 'kapso-whatsapp-poller.cjs',
  'kapso-whatsapp-cli': 'kapso-whatsapp-cli.cjs',
  'kapso-whatsapp-simulator': 'simulator.js',
  'kapso-whatsapp-demo': 'demo.js',
};
/** The parts of the npm package that the programs look for. */
const parts = ['dist', 'package.json', 'nix/systemd', 'schema/kapso-whatsapp.schema.json', 'skills'];

/** Replaces `directory`. Throws when the project is not built, or when `native` has no built module. */
export function layPackageRoot(directory: string, { project, native }: { project: string; native?: string }): void {
  rmSync(directory, { recursive: true, force: true });
  const lib = join(directory, 'lib/kapso-whatsapp');
  for (const part of parts) {
    if (!existsSync(join(project, part)))
      throw new Error(`${join(project, part)} is missing: run "npm run build" there`);
    cpSync(join(project, part), join(lib, part), { recursive: true, dereference: true });
  }
  if (native !== undefined) {
    const modules = join(native, 'node_modules');
    const built = join(modules, 'sd-notify/build/Release/notify.node');
    if (!existsSync(built)) throw new Error(`${built} is missing: --native is where "npm install sd-notify" was run`);
    cpSync(modules, join(lib, 'node_modules'), { recursive: true, dereference: true });
  }
  mkdirSync(join(directory, 'bin'));
  for (const [name, file] of Object.entries(programs)) {
    symlinkSync(join('../lib/kapso-whatsapp/dist', file), join(directory, 'bin', name));
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { project: { type: 'string', default: join(import.meta.dirname, '../..') }, native: { type: 'string' } },
    allowPositionals: true,
  });
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) throw new Error('say which directory to make, and nothing else');
  layPackageRoot(directory, {
    project: values.project,
    ...(values.native === undefined ? {} : { native: values.native }),
  });
}

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** The bundles of the command line by file name, each with the code that the build compiled from it. */
export interface Loader {
  load(file: string): unknown;
  /** The loaded scripts, with the functions that have run since. */
  scripts: ReadonlyMap<string, Script>;
}

/**
 * Loads CommonJS bundles of one directory as `require` does, with the compiled code beside them. Without it, compiling
 * takes half of the time that `kapso-whatsapp-cli send` takes over Node itself. V8 refuses code of another version or
 * for other options, and then compiles the source.
 */
export function createLoader(dir: string, requireOther: (name: string) => unknown): Loader {
  const scripts = new Map<string, Script>();
  const loaded = new Map<string, { exports: unknown }>();
  const load = (file: string): unknown => {
    const known = loaded.get(file);
    if (known) return known.exports;
    const path = join(dir, file);
    const cachedData = readCode(codeFile(path));
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`;
    const script = new Script(source, { filename: path, ...(cachedData && { cachedData }) });
    scripts.set(file, script);
    const module = { exports: {} };
    loaded.set(file, module);
    const require = (name: string) => (name.startsWith('./') ? load(name.slice(2)) : requireOther(name));
    script.runInThisContext()(module.exports, require, module, path, dirname(path));
    return module.exports;
  };
  return { load, scripts };
}

/** The path of a bundle's compiled code. The name has Node's version and the processor; V8 compares its own version. */
export function codeFile(path: string): string {
  return `${path}.${process.version}-${process.platform}-${process.arch}.code`;
}

function readCode(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

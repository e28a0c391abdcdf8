import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** The bundles that the command line is made of, by file name, and the code that was compiled from each when they were built. */
export interface Loader {
  load(file: string): unknown;
  /** What has been loaded, with the functions that have run since. */
  scripts: ReadonlyMap<string, Script>;
}

/**
 * Loads CommonJS bundles of one directory as `require` does, but with compiled code that lies beside them: to compile them anew takes
 * half of the time that `kapso-whatsapp-cli send` takes over Node itself. V8 refuses code of another version or for other options, and
 * compiles the source then.
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

/** Where the compiled code of a bundle lies: V8 compares its own version, Node's file name the processor too. */
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

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that the programs have in them, with the licence that has to go along. */
export interface Licensed {
  name: string;
  version: string;
  /** As the package names it, such as `MIT`. */
  license: string;
  text: string;
}

interface Locked {
  version?: string;
  license?: string;
  dependencies?: Record<string, string>;
}

/**
 * Returns the packages that the bundles are made of: the run-time dependencies and theirs, by package-lock.json, without
 * the optional ones. Throws where a package has no licence.
 */
export function bundledLicenses(root: string): Licensed[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const found = new Set<string>();
  const visit = (from: string) => {
    for (const name of Object.keys(packages[from]?.dependencies ?? {})) {
      const path = resolved(packages, from, name);
      if (found.has(path)) continue;
      found.add(path);
      visit(path);
    }
  };
  visit('');
  return [...found].sort().map(path => {
    const { version = '', license = '' } = packages[path] ?? {};
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return { name, version, license, text: licenseIn(join(root, path)) };
  });
}

/** The path of a dependency as Node.js finds it: beside the package that needs it, or further up. */
function resolved(packages: Record<string, Locked>, from: string, name: string): string {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = join(at, 'node_modules', name);
    if (packages[path] !== undefined) return path;
    if (at === '') throw new Error(`package-lock.json does not have ${name}, which ${from || 'package.json'} needs`);
  }
}

/** The text of the licence file in a directory, or of the section of the README that has it. */
export function licenseIn(dir: string): string {
  const names = readdirSync(dir);
  const textOf = (name: string) => readFileSync(join(dir, name), 'utf8').trim();
  const file = names.find(name => /^(licen[cs]e|copying)/i.test(name));
  if (file !== undefined) return textOf(file);
  const readme = names.find(name => /^readme/i.test(name));
  const section = readme && /^#+ *licen[cs]e *\n+(Copyright|The MIT)([^#]+)/im.exec(textOf(readme))?.[0];
  if (!section) throw new Error(`${dir} has no licence file: add the text of its licence`);
  return section.replace(/^#+.*\n+/, '').trim();
}

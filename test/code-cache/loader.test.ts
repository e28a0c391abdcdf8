import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { codeFile } from '../../src/code-cache/loader.ts';

const root = join(import.meta.dirname, '../..');
const bundles = ['cli.cjs', 'yaml.cjs'];
const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function copyOfDist(): string {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-whatsapp-code-'));
  dirs.push(dir);
  cpSync(join(root, 'dist'), join(dir, 'dist'), { recursive: true });
  return join(dir, 'dist');
}

/** Returns for each bundle whether V8 accepted the code beside it. */
function codeTaken(dist: string): Record<string, boolean> {
  const program = `
    import { createRequire } from 'node:module';
    import { createLoader } from ${JSON.stringify(join(root, 'src/code-cache/loader.ts'))};
    process.argv = [process.argv0, 'kapso-whatsapp-cli', 'send'];
    const loader = createLoader(${JSON.stringify(join(dist, 'on-demand'))}, createRequire(${JSON.stringify(`${root}/`)}));
    process.on('exit', () => {
      const taken = [...loader.scripts].map(([file, script]) => [file, script.cachedDataRejected === false]);
      console.log(JSON.stringify(Object.fromEntries(taken)));
    });
    loader.load('yaml.cjs');
    loader.load('cli.cjs');
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  return JSON.parse(stdout) as Record<string, boolean>;
}

function version(dist: string): string {
  return execFileSync(process.execPath, [join(dist, 'kapso-whatsapp-cli.cjs'), '--version'], { encoding: 'utf8' });
}

test('the code that the build makes is taken by the Node.js that it is made for', () => {
  expect(codeTaken(join(root, 'dist'))).toEqual({ 'cli.cjs': true, 'yaml.cjs': true });
});

test('code that was made by another V8, or cut off, or is none, is refused, and the source is compiled', () => {
  const files = (dist: string) => bundles.map(name => codeFile(join(dist, 'on-demand', name)));
  const damages: ((file: string) => void)[] = [
    file => truncateSync(file, 1000),
    file => writeFileSync(file, 'no code'),
    file => writeFileSync(file, ''),
    // The second word is the hash of V8's version.
    file => writeFileSync(file, readFileSync(file).fill(7, 4, 8)),
  ];
  for (const damage of damages) {
    const dist = copyOfDist();
    for (const file of files(dist)) damage(file);
    expect(codeTaken(dist)).toEqual({ 'cli.cjs': false, 'yaml.cjs': false });
    expect(version(dist)).toMatch(/^\d+\.\d+\.\d+\n$/);
  }
});

test('without compiled code for this Node.js the source is compiled', () => {
  const dist = copyOfDist();
  for (const name of bundles) {
    const file = codeFile(join(dist, 'on-demand', name));
    expect(existsSync(file)).toBe(true);
    rmSync(file);
  }
  expect(version(dist)).toMatch(/^\d+\.\d+\.\d+\n$/);
});

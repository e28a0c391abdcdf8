import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { account, createHome } from './fixture.ts';

const source = (name: string) => JSON.stringify(join(import.meta.dirname, '../../src/config', name));

/** The packages that are in memory after a load in a fresh process. */
function loadedPackages(home: string): string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ load(url, context, next) {
      const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
      if (name) seen.add(name);
      return next(url, context);
    } });
    const { loadConfig } = await import(${source('load.ts')});
    const { config } = await loadConfig({ env: ${JSON.stringify(account)}, home: ${JSON.stringify(home)}, need: 'cli' });
    console.log(JSON.stringify({ interval: config.polling.interval, packages: [...seen].sort() }));
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  return (JSON.parse(output) as { packages: string[] }).packages;
}

test('without a file, no package is loaded', () => {
  expect(loadedPackages(createHome().path)).toEqual([]);
});

test('with a JSON file, none is either', () => {
  const home = createHome();
  home.write('config.json', '{"polling":{"interval":60}}');
  expect(loadedPackages(home.path)).toEqual([]);
});

test('with a YAML file, yaml alone is', () => {
  const home = createHome();
  home.write('config.yaml', 'polling: { interval: 60 }');
  expect(loadedPackages(home.path)).toEqual(['yaml']);
});

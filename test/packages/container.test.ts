import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../src/config/config.generated.ts';
import { credentialName } from '../../src/config/secrets.ts';

const dir = join(import.meta.dirname, '../../packaging/container');
const read = (name: string) => readFileSync(join(dir, name), 'utf8');
const secrets = settings.filter(({ secret }) => secret).map(({ key }) => credentialName(key));

test('every variable in the files for containers is one of a setting', () => {
  const variables = readdirSync(dir).flatMap(name => read(name).match(/\b(?:KAPSO|OPENCLAW)_[A-Z_]+/g) ?? []);
  expect(variables.length).toBeGreaterThan(5);
  expect(variables.filter(variable => !settings.some(({ env }) => env === variable))).toEqual([]);
});

test('every secret in them is read from its file', () => {
  const named = [...read('kapso-whatsapp.container').matchAll(/^Secret=([\w-]+),/gm)].map(([, name]) => name);
  const [, list = ''] =
    /secrets are files in \/run\/secrets: ([^.]*)\./.exec(read('Dockerfile').replaceAll('\n#', '')) ?? [];
  expect(named).toEqual(['kapso-api-key', 'gateway-token']);
  expect([...named, ...list.split(/,\s+/)].filter(name => !secrets.includes(String(name)))).toEqual([]);
  expect(list).not.toBe('');
});

test('the examples give no more rights than the tests of the image do, and the time to end in order', () => {
  const { services } = parse(read('compose.yaml'));
  expect(services['kapso-whatsapp']).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    stop_grace_period: '40s',
  });
  for (const line of ['ReadOnly=true', 'DropCapability=all', 'NoNewPrivileges=true', 'PodmanArgs=--stop-timeout=40']) {
    expect(read('kapso-whatsapp.container')).toContain(`\n${line}\n`);
  }
});

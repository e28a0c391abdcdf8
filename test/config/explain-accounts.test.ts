import { expect, it } from 'vitest';
import schema from '../../schema/kapso-whatsapp.schema.json' with { type: 'json' };
import { type ExplainedSetting, explain } from '../../src/config/explain.ts';
import type { SchemaNode } from '../../src/config/schema-node.ts';
import { createHome } from './fixture.ts';

const numbers = ['647000000000001', '647000000000002'];

async function now(accounts: string, key: string) {
  const home = createHome();
  const file = home.write('config.yaml', accounts);
  const loaded = await home.load({ env: { KAPSO_API_KEY: 'key-0123456789' }, configFile: file });
  return (explain(schema as unknown as SchemaNode, key, loaded) as ExplainedSetting).now;
}

it('a key of the accounts alone shows what each account has, and one account what it has', async () => {
  const two = `accounts:\n  - phoneNumberId: "${numbers[0]}"\n    continues: true\n  - phoneNumberId: "${numbers[1]}"\n`;
  expect(await now(two, 'accounts.continues')).toEqual({
    value: 'accounts[0].continues: true, accounts[1].continues: false',
    origin: expect.stringMatching(/config\.yaml:3, default$/),
  });
  expect(await now(two, 'accounts[1].continues')).toEqual({ value: 'false', origin: 'default' });
});

it('is not set where there are no accounts', async () => {
  expect(await now(`kapso:\n  phoneNumberId: "${numbers[0]}"\n`, 'accounts.continues')).toEqual({
    value: 'not set',
    origin: 'no account has it',
  });
});

import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { apiKey, type Broken, dir, domain, expectNamed, makeState, stateDir } from './stage.ts';

const configuration: Broken[] = [
  {
    what: 'there is no API key',
    arrange: () => ({ KAPSO_API_KEY: undefined }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_API_KEY \(kapso\.apiKey\): is required/,
    todo: /Put it right/,
  },
  {
    what: 'the key stands in quotes',
    arrange: () => ({ KAPSO_API_KEY: '"abc-def"' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_API_KEY.*quotes/,
    todo: /Put it right/,
  },
  {
    what: 'the interval is too short',
    arrange: () => ({ KAPSO_POLL_INTERVAL: '1' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_POLL_INTERVAL \(polling\.interval\): is 1; it must be/,
    todo: /Put it right/,
  },
  {
    what: 'the mode is misspelt',
    arrange: () => ({ KAPSO_MODE: 'webhook' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_MODE \(mode\)/,
    todo: /Put it right/,
  },
  {
    what: 'a webhook mode has no verify token',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_VERIFY_TOKEN: undefined }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /verifyToken\): is required in the mode domain/,
    todo: /Put it right/,
  },
  {
    what: 'the public address is not https',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_PUBLIC_URL: 'http://bridge.example.org/webhook' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /publicUrl/,
    todo: /Put it right/,
  },
  {
    what: 'a key file does not exist',
    arrange: () => ({ KAPSO_API_KEY: undefined, KAPSO_API_KEY_FILE: join(dir, 'no-such-key') }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /no-such-key/,
    todo: /Put it right/,
  },
  {
    what: 'others can read the key file',
    arrange: () => {
      writeFileSync(join(dir, 'key'), apiKey, { mode: 0o644 });
      return { KAPSO_API_KEY: undefined, KAPSO_API_KEY_FILE: join(dir, 'key') };
    },
    ...{ check: 'configuration', level: 'warn' },
    says: /other users|readable/i,
    todo: /Change it/,
  },
  {
    what: 'a variable is misspelt',
    arrange: () => ({ KAPSO_POLL_INTERVALL: '30' }),
    ...{ check: 'configuration', level: 'warn' },
    says: /KAPSO_POLL_INTERVALL is not known.*did you mean KAPSO_POLL_INTERVAL/,
    todo: /Change it/,
  },
];

const access: Broken[] = [
  {
    what: 'everybody may write',
    arrange: () => ({ KAPSO_ACCESS_POLICY: 'open' }),
    ...{ check: 'access', level: 'warn' },
    says: /Whoever knows the number can write/,
    todo: /pairing/,
  },
  {
    what: 'nobody may write',
    arrange: () => ({ KAPSO_ACCESS_POLICY: 'allowlist' }),
    ...{ check: 'access', level: 'warn' },
    says: /Nobody can write/,
    todo: /pairing/,
  },
];

const state: Broken[] = [
  {
    what: 'no poller has run yet',
    arrange: () => undefined,
    ...{ check: 'state directory', level: 'warn' },
    says: /there is no state directory/,
    todo: /--state-dir/,
  },
  {
    what: 'the state directory is a file',
    arrange: () => writeFileSync(stateDir(), ''),
    ...{ check: 'state directory', level: 'fail', code: 'STORE_IO' },
    says: /is no directory/,
    todo: /Move that file away/,
  },
  {
    what: 'no poller works',
    arrange: makeState,
    ...{ check: 'state directory', level: 'warn' },
    says: /no poller works in/,
    todo: /systemctl start/,
  },
  {
    what: 'others can write to the state directory',
    arrange: async () => {
      await makeState();
      chmodSync(stateDir(), 0o777);
    },
    ...{ check: 'state directory', level: 'fail' },
    says: /Other users can write to the state directory/,
    todo: /chmod go-w/,
  },
  {
    what: 'others can read the state directory',
    arrange: async () => {
      await makeState();
      chmodSync(stateDir(), 0o755);
    },
    ...{ check: 'state directory', level: 'warn' },
    says: /other users can read/,
    todo: /chmod 700/,
  },
  {
    what: "the inbox is another program's",
    arrange: async () => {
      await makeState();
      for (const name of ['inbox.sqlite', 'inbox.sqlite-wal', 'inbox.sqlite-shm'])
        rmSync(join(stateDir(), name), { force: true });
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(join(stateDir(), 'inbox.sqlite'));
      db.exec('CREATE TABLE x (y)');
      db.close();
    },
    ...{ check: 'state directory', level: 'fail', code: 'STORE_FOREIGN' },
    says: /database of another program/,
    todo: /Choose another state directory/,
  },
  {
    what: 'the inbox was cut off',
    arrange: async () => {
      await makeState();
      writeFileSync(join(stateDir(), 'inbox.sqlite'), '');
    },
    ...{ check: 'state directory', level: 'fail', code: 'STORE_DAMAGED' },
    says: /is empty: it was cut off/,
    todo: /./,
  },
  {
    what: 'a newer version wrote the inbox',
    arrange: async () => {
      await makeState();
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(join(stateDir(), 'inbox.sqlite'));
      db.exec('PRAGMA user_version = 4711');
      db.close();
    },
    ...{ check: 'state directory', level: 'fail', code: 'STORE_NEWER' },
    says: /written by a newer version/,
    todo: /Use that version/,
  },
  {
    what: 'messages were given up',
    arrange: async () => {
      const store = await openStore({ dir: stateDir(), clock: systemClock });
      const entry = {
        account: '1',
        lane: '1:+1',
        contact: '+1',
        session: 's',
        occurredAt: 1e12,
        body: '{}',
        author: '+1',
      };
      await store.accept([{ id: 'wamid.1', ...entry }]);
      await store.fail('wamid.1', 'because');
      await store.close();
    },
    ...{ check: 'state directory', level: 'warn' },
    says: /1 messages were given up/,
    todo: /inbox list --state failed/,
  },
];

describe('doctor names the cause and the remedy where', () => {
  test.each([...configuration, ...access, ...state])('$what', expectNamed);
});

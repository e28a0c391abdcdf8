import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import {
  apiKey,
  type Broken,
  closedPort,
  dir,
  domain,
  environment,
  expectNamed,
  holdState,
  look,
  makeState,
  stateDir,
} from './stage.ts';

const configuration: Broken[] = [
  {
    what: 'there is no API key',
    arrange: () => ({ KAPSO_API_KEY: undefined }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_API_KEY \(kapso\.apiKey\): is required/,
    todo: /Put it right/,
    poller: { exit: 78, says: /KAPSO_API_KEY \(kapso\.apiKey\): is required/, todo: /set it, or KAPSO_API_KEY_FILE/ },
  },
  {
    what: 'the key stands in quotes',
    arrange: () => ({ KAPSO_API_KEY: '"abc-def"' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_API_KEY.*quotes/,
    todo: /Put it right/,
    poller: { exit: 78, says: /KAPSO_API_KEY.*stands in quotes/, todo: /take them off/ },
  },
  {
    what: 'the interval is too short',
    arrange: () => ({ KAPSO_POLL_INTERVAL: '1' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_POLL_INTERVAL \(polling\.interval\): is 1; it must be/,
    todo: /Put it right/,
    poller: { exit: 78, says: /KAPSO_POLL_INTERVAL.* is 1;/, todo: /must be .*at least 5/ },
  },
  {
    what: 'the mode is misspelt',
    arrange: () => ({ KAPSO_MODE: 'webhook' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /KAPSO_MODE \(mode\)/,
    todo: /Put it right/,
    poller: { exit: 78, says: /KAPSO_MODE \(mode\): is "webhook"/, todo: /must be one of polling, tailscale, domain/ },
  },
  {
    what: 'a webhook mode has no verify token',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_VERIFY_TOKEN: undefined }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /verifyToken\): is required in the mode domain/,
    todo: /Put it right/,
    poller: {
      exit: 78,
      says: /verifyToken\): is required in the mode domain/,
      todo: /set it, or KAPSO_WEBHOOK_VERIFY_TOKEN_FILE/,
    },
  },
  {
    what: 'the public address is not https',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_PUBLIC_URL: 'http://bridge.example.org/webhook' }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /publicUrl/,
    todo: /Put it right/,
    poller: { exit: 78, says: /webhook\.publicUrl/, todo: /must be an address that starts with https/ },
  },
  {
    what: 'a key file does not exist',
    arrange: () => ({ KAPSO_API_KEY: undefined, KAPSO_API_KEY_FILE: join(dir, 'no-such-key') }),
    ...{ check: 'configuration', level: 'fail', code: 'CONFIG_INVALID' },
    says: /no-such-key/,
    todo: /Put it right/,
    poller: { exit: 78, says: /no-such-key does not exist/, todo: /create it or name another/ },
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
    poller: { says: /can be read by other users/, todo: /run: chmod 600/ },
  },
  {
    what: 'a variable is misspelt',
    arrange: () => ({ KAPSO_POLL_INTERVALL: '30' }),
    ...{ check: 'configuration', level: 'warn' },
    says: /KAPSO_POLL_INTERVALL is not known.*did you mean KAPSO_POLL_INTERVAL/,
    todo: /Change it/,
    poller: { says: /KAPSO_POLL_INTERVALL is not known/, todo: /did you mean KAPSO_POLL_INTERVAL\?/ },
  },
];

const access: Broken[] = [
  {
    what: 'everybody may write',
    arrange: () => ({ KAPSO_ACCESS_POLICY: 'open' }),
    ...{ check: 'access', level: 'warn' },
    says: /Whoever knows the number can write/,
    todo: /pairing/,
    poller: { says: /Whoever knows the number can write/, todo: /With pairing or allowlist/ },
  },
  {
    what: 'nobody may write',
    arrange: () => ({ KAPSO_ACCESS_POLICY: 'allowlist' }),
    ...{ check: 'access', level: 'warn' },
    says: /Nobody can write/,
    todo: /pairing/,
    poller: { says: /Nobody can write to the agent/, todo: /Name who may \(KAPSO_ALLOWED_NUMBERS\)/ },
  },
];

const alerts: Broken[] = [
  {
    what: 'the program of alerts is not there',
    arrange: () => ({ KAPSO_ALERTS_COMMAND: `${join(dir, 'tell-me')}\nops`, KAPSO_ALERTS_WHATSAPP: '+15551234567' }),
    ...{ check: 'alerts', level: 'warn' },
    says: /tell-me, which this user cannot find or run/,
    todo: /alerts\.command/,
    poller: 'it is run with the first alert; the log has why it could not be',
  },
];

const state: Broken[] = [
  {
    what: 'no poller has run yet',
    arrange: () => undefined,
    ...{ check: 'state directory', level: 'warn' },
    says: /there is no state directory/,
    todo: /--state-dir/,
    poller: 'it is the one that runs',
  },
  {
    what: 'the state directory is a file',
    arrange: () => writeFileSync(stateDir(), ''),
    ...{ check: 'state directory', level: 'fail', code: 'STORE_IO' },
    says: /is no directory/,
    todo: /Move that file away/,
    poller: { exit: 69, says: /is a file, and not a directory/, todo: /Name a directory/ },
  },
  {
    what: 'no poller works',
    arrange: makeState,
    ...{ check: 'state directory', level: 'warn' },
    says: /no poller works in/,
    todo: /systemctl start/,
    poller: 'it is the one that works',
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
    poller: { says: /Other users can write to the state directory/, todo: /run: chmod go-w/ },
  },
  {
    what: 'others can read the state directory',
    arrange: async () => {
      await makeState();
      chmodSync(stateDir(), 0o755);
    },
    ...{ check: 'state directory', level: 'warn' },
    says: /Other users can read/,
    todo: /chmod 700/,
    poller: { says: /Other users can read the state directory/, todo: /run: chmod 700/ },
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
    poller: { exit: 78, says: /SQLite database of another program/, todo: /Choose another state directory/ },
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
    poller: { exit: 78, says: /is empty: it was cut off/, todo: /Restore it from a backup/ },
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
    poller: { exit: 78, says: /written by a newer version/, todo: /Use that version or a later one/ },
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
    says: /1 message was given up/,
    todo: /inbox list --state failed/,
    poller: 'it says so when it gives one up, with the command that tries it again',
  },
];

describe('doctor, where a port of the poller is taken,', () => {
  test('says what the poller says, unless the poller runs: then the port is its own', async () => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const taken = { KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: `127.0.0.1:${port}` };
    const says = /the server of health and metrics cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/;
    const todo = /another program, or a second poller, listens there: stop it or change metrics\.listen/;
    await makeState();
    await expectNamed({
      ...{ what: '', arrange: () => taken, check: 'listeners', level: 'fail', code: 'LISTEN_ADDRESS_UNAVAILABLE' },
      ...{ says, todo, poller: { says, todo } },
    });
    const found = async (env: object) =>
      (await look({ ...environment(), ...env })).filter(({ check }) => check === 'listeners').map(({ level }) => level);
    expect(await found({ ...taken, KAPSO_METRICS_ADDR: `127.0.0.1:${await closedPort()}` })).toEqual(['ok']);
    expect(await found({})).toEqual([]);
    holdState();
    expect(await found(taken)).toEqual(['ok']);
  });
});

describe("doctor names the cause and the remedy, and so does the poller's own log, where", () => {
  test.each([...configuration, ...access, ...alerts, ...state])('$what', expectNamed);
});

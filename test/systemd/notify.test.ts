import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/observe/log.ts';
import { createNotifier, type Notifier } from '../../src/systemd/notify.ts';
import { silentLog } from '../silent-log.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-notify-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const absent = () => Promise.reject(new Error("Cannot find module 'sd-notify'"));

/** A `systemd-notify` that writes down what it is given, one line a message, slower for the first than for the rest. */
function program(script = ''): NodeJS.ProcessEnv {
  writeFileSync(
    join(dir, 'systemd-notify'),
    `#!/bin/sh\n${script}\nif [ ! -e ${dir}/said ]; then /bin/sleep 0.1; fi\necho "$NOTIFY_SOCKET|$*" >> ${dir}/said\n`,
  );
  chmodSync(join(dir, 'systemd-notify'), 0o755);
  return { PATH: dir, NOTIFY_SOCKET: '/run/notify', SECRET: 'not for others' };
}
const said = () => readFileSync(join(dir, 'said'), 'utf8').trimEnd().split('\n');

async function sayEverything(notifier: Notifier): Promise<void> {
  await Promise.all([
    notifier.extend(300_000, 'opening the inbox'),
    notifier.ready('polling every 30 s'),
    notifier.reloading(),
    notifier.ready('polling every 60 s'),
    notifier.status('a status\nREADY=1'),
    notifier.watchdog(),
    notifier.stopping('stopping', 25_000),
  ]);
}
const everything = [
  'EXTEND_TIMEOUT_USEC=300000000|STATUS=opening the inbox',
  'READY=1|STATUS=polling every 30 s',
  'RELOADING=1|MONOTONIC_USEC=123456789',
  'READY=1|STATUS=polling every 60 s',
  'STATUS=a status READY=1',
  'WATCHDOG=1',
  'STOPPING=1|EXTEND_TIMEOUT_USEC=25000000|STATUS=stopping',
];

describe('with the native package', () => {
  it('sends each message in one piece, in order, a status as one line', async () => {
    const env: NodeJS.ProcessEnv = { NOTIFY_SOCKET: '/run/notify' };
    const sent: string[] = [];
    const sendState = (state: string) => {
      expect(env.NOTIFY_SOCKET).toBe('/run/notify');
      sent.push(state);
    };
    const notifier = await createNotifier({
      env,
      log: silentLog,
      loadNative: async () => ({ sendState }),
      monotonic: () => 123_456_789n,
    });
    await sayEverything(notifier);
    expect(notifier.by).toBe('sd-notify');
    expect(sent.map(state => state.trimEnd().replaceAll('\n', '|'))).toEqual(everything);
  });

  it('leaves no NOTIFY_SOCKET to children, not even after an error', async () => {
    const env: NodeJS.ProcessEnv = { NOTIFY_SOCKET: '/run/notify' };
    const sendState = () => {
      throw new Error('broken');
    };
    const notifier = await createNotifier({ env, log: silentLog, loadNative: async () => ({ sendState }) });
    expect(env).toEqual({});
    await notifier.watchdog();
    expect(env).toEqual({});
  });
});

describe('without it', () => {
  it('runs systemd-notify for each message, one after the other, with nothing of our environment but the socket', async () => {
    const env = program('[ -z "$SECRET" ] || exit 1');
    const notifier = await createNotifier({ env, log: silentLog, loadNative: absent, monotonic: () => 123_456_789n });
    await sayEverything(notifier);
    expect(notifier.by).toBe('systemd-notify');
    expect(said()).toEqual(everything.map(line => `/run/notify|${line.replaceAll('|', ' ')}`));
    expect(env).not.toHaveProperty('NOTIFY_SOCKET');
  });

  it('says once that systemd-notify fails, and goes on', async () => {
    const complaints: object[] = [];
    const log: Log = { ...silentLog, warn: fields => complaints.push(fields) };
    const notifier = await createNotifier({ env: program('echo no such socket >&2; exit 1'), log, loadNative: absent });
    await notifier.ready('up');
    await notifier.watchdog();
    expect(complaints).toEqual([{ error: `${dir}/systemd-notify ended with exit code 1: no such socket` }]);
  });
});

it('does nothing and loads nothing when systemd did not start the program', async () => {
  let loaded = false;
  const loadNative = () => {
    loaded = true;
    return absent();
  };
  const notifier = await createNotifier({ env: {}, log: silentLog, loadNative });
  await sayEverything(notifier);
  expect({ by: notifier.by, loaded }).toEqual({ by: null, loaded: false });
});

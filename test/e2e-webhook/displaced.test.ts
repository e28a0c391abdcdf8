import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import type { Program } from '../e2e/program.ts';
import { createStage, type Gateway, type Stage } from '../e2e/programs.ts';
import { addressOf, domainMode, post, textDelivery } from './delivery.ts';

interface Scene {
  stage: Stage;
  gateway: Gateway;
  poller: Program;
  /** Delivers a message of this id as Kapso does; resolves with the status. */
  deliver(id: string): Promise<number>;
  health(): Promise<number>;
  /** The keys of the runs of the agent, once there are so many. */
  runs(count: number): Promise<string[]>;
}

/** A poller in webhook mode that has taken and handed over one message, `wamid.BEFORE`. */
async function receiving(prepare: (stage: Stage) => void = () => undefined): Promise<Scene> {
  const stage = createStage();
  prepare(stage);
  await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = stage.poller({ ...domainMode, KAPSO_LOG_LEVEL: 'info' });
  await poller.start();
  let url = await addressOf(poller, 0);
  const deliver = (id: string) => post(url, textDelivery({ id, from: '15550001000', text: `the text of ${id}` }));
  const runs = async (count: number) => {
    await gateway.reaches('runs', count);
    return (await gateway.runs()).map(({ key }) => key);
  };
  const start = poller.start;
  poller.start = async () => {
    const from = poller.lines.length;
    await start();
    url = await addressOf(poller, from);
  };
  expect(await deliver('wamid.BEFORE')).toBe(200);
  expect(await runs(1)).toEqual(['wamid.BEFORE']);
  await stage.holds('settled', 1);
  return { stage, gateway, poller, deliver, runs, health: async () => (await fetch(new URL('/health', url))).status };
}

const away = (stage: Stage) => `${stage.stateDir}.away`;
const moveAway = (stage: Stage) => renameSync(stage.stateDir, away(stage));

/** Runs a command of the system; skips the test, with the reason, where it cannot be run here. */
function command(context: TestContext, ...[program = '', ...args]: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) context.skip(`${program} ${args.join(' ')} cannot be run here: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}

describe('a state directory that is away', () => {
  const returning: [string, (stage: Stage) => void, (stage: Stage) => void][] = [
    ['moved', moveAway, stage => renameSync(away(stage), stage.stateDir)],
    [
      'moved, with an empty one in its place,',
      stage => {
        moveAway(stage);
        mkdirSync(stage.stateDir);
      },
      stage => {
        rmSync(stage.stateDir, { recursive: true });
        renameSync(away(stage), stage.stateDir);
      },
    ],
  ];
  it.each(returning)('%s gets 503 and no run until it is back, and then everything goes on', async (_, leave, back) => {
    const { stage, gateway, poller, deliver, health, runs } = await receiving();
    leave(stage);
    expect(await health()).toBe(503);
    expect(await deliver('wamid.AWAY')).toBe(503);
    await poller.says('The inbox is not where it was opened');
    expect((await gateway.runs()).map(({ key }) => key)).toEqual(['wamid.BEFORE']);
    // The program does not write into the replacement.
    expect(existsSync(join(stage.stateDir, 'status.json'))).toBe(false);

    back(stage);
    expect(await health()).toBe(200);
    expect(await deliver('wamid.AFTER')).toBe(200);
    // Kapso delivers again what was refused.
    expect(await deliver('wamid.AWAY')).toBe(200);
    await poller.says('The inbox is in its place again');
    expect((await runs(3)).sort()).toEqual(['wamid.AFTER', 'wamid.AWAY', 'wamid.BEFORE']);
    await stage.holds('settled', 3);
    expect(poller.endings).toEqual([]);
  });

  it('unmounted, and mounted again', async context => {
    const { stage, poller, deliver, health, runs } = await receiving(({ stateDir }) => {
      mkdirSync(stateDir);
      command(context, 'mount', '-t', 'tmpfs', '-o', 'mode=700', 'tmpfs', stateDir);
      onTestFinished(() => {
        for (const at of [stateDir, `${stateDir}.away`]) spawnSync('umount', ['-l', at]);
      });
    });
    mkdirSync(away(stage));
    const shared = command(context, 'findmnt', '-no', 'PROPAGATION', '-T', stage.dir) !== 'private';
    if (shared) context.skip('a file system below a shared mount cannot be moved');
    command(context, 'mount', '--move', stage.stateDir, away(stage));
    expect(await deliver('wamid.AWAY')).toBe(503);
    expect(await health()).toBe(503);
    command(context, 'mount', '--move', away(stage), stage.stateDir);
    expect(await deliver('wamid.AWAY')).toBe(200);
    expect(await runs(2)).toEqual(['wamid.BEFORE', 'wamid.AWAY']);
    expect(poller.endings).toEqual([]);
  });

  it('removed: 503, a reason in the log, and the end with 75 after a minute, or at once when another stands there', {
    timeout: 120_000,
  }, async () => {
    const { stage, gateway, poller, deliver, health } = await receiving();
    rmSync(stage.stateDir, { recursive: true });
    expect(await deliver('wamid.AWAY')).toBe(503);
    expect(await health()).toBe(503);
    await poller.says('The inbox is not where it was opened');

    // A second poller creates a new directory. The first one hands over nothing beside it, and ends.
    const second = stage.poller({ KAPSO_MODE: 'polling' });
    await second.start();
    expect(await poller.ended()).toEqual({ code: 75, signal: null });
    await second.says('"from":');
    expect(existsSync(join(stage.stateDir, 'poller.pid'))).toBe(true);
    expect(stage.statusFile().pid).toBe(second.pid);
    expect((await gateway.runs()).map(({ key }) => key)).toEqual(['wamid.BEFORE']);
  });
});

describe('a poller whose files are replaced', () => {
  it.each<[string, (stage: Stage, backup: string) => void]>([
    [
      'by a backup of the directory',
      (stage, backup) => {
        moveAway(stage);
        cpSync(backup, stage.stateDir, { recursive: true });
      },
    ],
    [
      'by a backup of the database',
      (stage, backup) => {
        for (const suffix of ['', '-wal', '-shm']) rmSync(join(stage.stateDir, `inbox.sqlite${suffix}`));
        cpSync(join(backup, 'inbox.sqlite'), join(stage.stateDir, 'inbox.sqlite'));
      },
    ],
    ['by nothing: its log is removed', stage => rmSync(join(stage.stateDir, 'inbox.sqlite-wal'))],
    ['by nothing: its lock is removed', stage => rmSync(join(stage.stateDir, 'poller.lock'))],
  ])('%s answers 503, ends with 75, and its next start works with what is there', async (_, replace) => {
    const { stage, poller, deliver, health, runs } = await receiving();
    expect((await poller.end()).code).toBe(0);
    const backup = join(stage.dir, 'backup');
    cpSync(stage.stateDir, backup, { recursive: true });
    await poller.start();
    replace(stage, backup);
    expect(await deliver('wamid.AMID')).toBe(503);
    expect(await health()).toBe(503);
    expect(await poller.ended()).toEqual({ code: 75, signal: null });
    expect(poller.tail()).toContain('nothing is taken or handed to the agent');
    const { lastError } = stage.statusFile();
    // Where the directory is still this poller's, the status says why too.
    if (existsSync(join(stage.stateDir, 'poller.lock')) && !existsSync(away(stage))) {
      expect(lastError?.message).toContain(join(stage.stateDir, 'inbox.sqlite'));
    }

    await poller.start();
    // What it had settled is still known, and what it refused comes again.
    expect(await deliver('wamid.BEFORE')).toBe(200);
    expect(await deliver('wamid.AMID')).toBe(200);
    expect(await runs(2)).toEqual(['wamid.BEFORE', 'wamid.AMID']);
    await stage.holds('settled', 2);
  });
});

describe('a disk that fails under the poller', () => {
  /** An ext4 of its own for the state directory; returns the device. */
  function ext4(context: TestContext, stage: Stage): string {
    const image = join(stage.dir, 'disk');
    writeFileSync(image, '');
    mkdirSync(stage.stateDir);
    command(context, 'truncate', '-s', '32M', image);
    command(context, 'mkfs.ext4', '-q', image);
    command(context, 'mount', '-o', 'loop,errors=remount-ro', image, stage.stateDir);
    onTestFinished(() => {
      spawnSync('umount', ['-l', stage.stateDir]);
    });
    return command(context, 'findmnt', '-no', 'SOURCE', stage.stateDir);
  }

  it.for<[string, (context: TestContext, stage: Stage, device: string) => void]>([
    [
      'and is mounted for reading only',
      (context, _, device) => {
        const trigger = device.replace('/dev/', '/sys/fs/ext4/');
        command(context, 'sh', '-c', `echo 1 > ${trigger}/trigger_fs_error`);
      },
    ],
    [
      'and takes nothing more, as one that was pulled out',
      (context, { stateDir }) => {
        // EXT4_IOC_SHUTDOWN without writing the journal.
        const script = 'open(F, "<", $ARGV[0]) or die; $how = pack("L", 2); ioctl(F, 0x8004587d, $how) or die "$!"';
        command(context, 'perl', '-e', script, stateDir);
      },
    ],
  ])('%s: 503 for every delivery, and no sign of life to a service manager', async ([, fail], context) => {
    let device = '';
    const { stage, poller, deliver } = await receiving(made => {
      device = ext4(context, made);
    });
    fail(context, stage, device);
    for (const id of ['wamid.AMID', 'wamid.AFTER']) expect(await deliver(id)).toBe(503);
    expect(poller.endings).toEqual([]);
  });
});

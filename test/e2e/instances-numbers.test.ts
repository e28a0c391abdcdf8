/** Several numbers and several pollers: the same inbox, gateway and configuration on each machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import { numbers, startNumbers, type TestNumber, writeAccounts } from './numbers.ts';
import { createStage, type Kapso } from './programs.ts';

const { sales, support } = numbers;
const given: readonly TestNumber[] = [sales, support];
const customers = ['+15551000001', '+15551000002', '+15551000003'];

describe.skipIf(noPostgres !== null)(noPostgres ?? 'several numbers and two pollers on one inbox', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('answer each customer once, in order, by the number that was written to, whichever poller is killed', async () => {
    const stage = createStage({ database: postgres.url(await postgres.createDatabase(), { host: '127.0.0.1' }) });
    const { of } = await startNumbers(stage, given);
    const kapsoOf = ({ name }: TestNumber): Kapso => of[name] ?? expect.fail(`there is no Kapso of ${name}`);
    writeAccounts(stage, given, { all: { polling: { interval: 5 } } });
    const gateway = await stage.startGateway();
    const first = stage.poller();
    const second = stage.poller({ KAPSO_STATE_DIR: join(stage.dir, 'elsewhere') });
    await first.start();
    await stage.until('both numbers were polled', () =>
      given.every(({ id }) => existsSync(join(stage.stateDir, `last-poll.${id}`))),
    );
    await second.start();
    const roles = ['alerts', ...given.map(({ id }) => `polling:${id}`), 'upkeep'];
    const instances = async () => JSON.parse((await stage.run('cli', ['status', '--json'])).stdout).instances;
    await stage.until('each sees the other', async () => (await instances()).seen.length === 2);
    expect((await instances()).seen.flatMap((one: { roles: string[] }) => one.roles).toSorted()).toEqual(
      roles.filter(role => role !== 'alerts'),
    );

    const turns = 8;
    for (let turn = 0; turn < turns; turn += 1) {
      for (const number of given) {
        const messages = customers.map(from => ({ from, text: `${number.name} ${turn}` }));
        await kapsoOf(number).receive(messages);
      }
      for (const poller of [first, second]) poller.signal('SIGUSR2');
      // The one that polls both numbers, and works on some conversations; then the other one.
      if (turn === 2) await first.end('SIGKILL');
      if (turn === 4) await first.start();
      if (turn === 5) await second.end('SIGKILL');
    }
    const all = turns * customers.length;
    await Promise.all(given.map(number => kapsoOf(number).reaches('sent', all)));
    await stage.holds('settled', all * given.length);
    for (const number of given) {
      const sent = await kapsoOf(number).sent();
      for (const customer of customers) {
        const got = sent.filter(({ to }) => to === customer).map(({ text }) => text);
        expect(got).toEqual(Array.from({ length: turns }, (_, turn) => `You said: ${number.name} ${turn}`));
      }
      expect(sent).toHaveLength(all);
    }
    const runs = await gateway.runs();
    expect(new Set(runs.map(({ key }) => key)).size).toBe(runs.length);
    expect(runs).toHaveLength(all * given.length);
    // Two numbers never share a session, and none has one of another person.
    const sessions = new Set(runs.map(({ session }) => session));
    expect([...sessions].toSorted()).toEqual(
      given.flatMap(({ id }) => customers.map(customer => `agent:main:kapso:${id}:direct:${customer}`)).toSorted(),
    );
  });
});

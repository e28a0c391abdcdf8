import { expect, test } from 'vitest';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';
import { runCli } from './program.ts';

/** Whether Kapso took the message, and whether the program can know. */
const faults: { fault: object; taken: boolean; known: boolean; late?: true }[] = [
  { fault: { do: 'pass' }, taken: true, known: true },
  { fault: { do: 'reset' }, taken: false, known: false },
  { fault: { do: 'drop-after-commit' }, taken: true, known: false },
  { fault: { do: 'reset', actAfter: 1500 }, taken: true, known: false, late: true },
  { fault: { status: 504, actAfter: 0 }, taken: true, known: false },
];
const rounds = 2;

test.each([true, false])(
  'programs that send one text to one number at once say "sent" only of what is theirs, with the list echoing marks: %s',
  async echoCallbackData => {
    const kapso = await startKapsoSimulator({ settings: { echoCallbackData } });
    const control = kapsoClient(kapso);
    const all = Array.from({ length: rounds }, () => faults).flat();
    await control.sim(
      'POST',
      'faults',
      all.map(({ fault }) => ({ kind: 'send', ...fault })),
    );
    const env = { KAPSO_API_KEY: kapso.apiKey, KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId, KAPSO_BASE_URL: kapso.url };
    const ended = await Promise.all(
      all.map(() => runCli(['send', '--to', '+15550104477', '--wait', '0', 'ok'], { env })),
    );
    const taken = all.filter(one => one.taken).length;
    expect((await control.sim('GET', `wait?for=sent&count=${taken}`)).status).toBe(200);

    const said = ended.filter(({ code }) => code === 0).map(({ stdout }) => stdout.trim());
    const ids = kapso.sent().map(({ id }) => id);
    expect(ids).toHaveLength(taken);
    expect(new Set(said).size).toBe(said.length);
    expect(ids).toEqual(expect.arrayContaining(said));
    // Those that were taken before their connection broke are found again where the list tells them apart; one that is
    // taken late, if in time.
    const found = (one: (typeof faults)[number]) => echoCallbackData && one.taken;
    const known = all.filter(one => one.known || (found(one) && !one.late)).length;
    const late = all.filter(one => found(one) && one.late).length;
    expect(said.length).toBeGreaterThanOrEqual(known);
    expect(said.length).toBeLessThanOrEqual(known + late);
    for (const { code, stdout, stderr } of ended.filter(one => one.code !== 0)) {
      expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
      expect(stderr).toMatch(/may have been sent/);
    }
    await kapso.close();
  },
);

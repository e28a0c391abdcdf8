import { expect, test } from 'vitest';
import { createKapsoClient } from '../../../src/kapso/client.ts';
import { KapsoNetworkError, SendOutcomeUnknownError } from '../../../src/kapso/http/errors.ts';
import type { Transport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { seededRandom } from '../../e2e/random.ts';
import { manualClock } from '../../manual-clock.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';

const to = '+15550104477';
const processes = 20;
const sendsEach = 10;
const latest = 60_000;

type Outcome = { mark: string; result: { id: string } | { error: unknown } };

/** What may become of a request; the same words as the simulator's faults. */
function fault(random: () => number): object {
  const actAfter = Math.ceil(random() * latest);
  const kinds = [
    { do: 'pass' },
    { do: 'pass' },
    { do: 'reset' },
    { do: 'drop-after-commit' },
    { do: 'reset', actAfter },
    { do: 'reset', actAfter: 11_500 },
    { status: 504 },
    { status: 504, actAfter: 0 },
    { status: 502, actAfter },
    { status: 200, body: {}, actAfter: 0 },
    { status: 500, body: { error: { code: 131000, message: 'Something went wrong' } }, actAfter },
    { status: 400, body: { error: { code: 1, message: 'Possible server error' } }, actAfter: 0 },
    { status: 409 },
    { status: 429, headers: { 'Retry-After': '2' } },
  ];
  return { kind: 'send', ...kinds[Math.floor(random() * kinds.length)] };
}

/** Time advances to the next timer whenever no request is under way. */
function passingTime(busy: () => boolean) {
  const clock = manualClock(Date.UTC(2026, 10, 28, 12));
  let turn: NodeJS.Immediate;
  const look = () => {
    const [next] = clock.pending();
    if (!busy() && next !== undefined) clock.advance(Math.max(1, Math.ceil(next - clock.now())));
    turn = setImmediate(look);
  };
  look();
  return { clock, [Symbol.dispose]: () => clearImmediate(turn) };
}

test.each([true, false])(
  '200 sends of one text to one number, from 20 processes, with the list echoing marks: %s',
  async echoCallbackData => {
    const random = seededRandom(28_11);
    let underWay = 0;
    using time = passingTime(() => underWay > 0);
    const { clock } = time;
    const kapso = await startKapsoSimulator({ clock, settings: { echoCallbackData } });
    const control = kapsoClient(kapso);
    const faults = Array.from({ length: 3 * processes * sendsEach }, () => fault(random));
    await control.sim('POST', 'faults', faults);
    await control.sim('POST', 'faults', { kind: 'list', status: 503, count: 5 });
    await control.sim('POST', 'faults', { kind: 'list', do: 'reset', count: 5 });

    const sendFrom = async (): Promise<Outcome[]> => {
      const network = createNodeTransport();
      let mark = '';
      const transport: Transport = async request => {
        if (request.body !== undefined) {
          mark = JSON.parse(request.body).biz_opaque_callback_data;
          if (random() < 0.1) throw new KapsoNetworkError('no', 'the network is down');
        }
        underWay++;
        return network(request).finally(() => underWay--);
      };
      const client = createKapsoClient({ ...kapso, baseUrl: kapso.url, apiVersion: 'v24.0', transport, clock, random });
      const outcomes: Outcome[] = [];
      for (let count = 0; count < sendsEach; count++) {
        const result = await client
          .send({ to, content: { kind: 'text', text: 'ok' } })
          .catch((error: unknown) => ({ error }));
        outcomes.push({ mark, result });
      }
      return outcomes;
    };
    const outcomes = (await Promise.all(Array.from({ length: processes }, sendFrom))).flat();
    // Messages that Kapso takes late arrive.
    const over = Promise.withResolvers<void>();
    clock.after(latest, over.resolve);
    await over.promise;

    const arrived = Map.groupBy(kapso.sent(), sent => sent.callbackData);
    const said = { sent: 0, perhaps: 0, not: 0 };
    let arrivedUnknown = 0;
    for (const { mark, result } of outcomes) {
      const copies = arrived.get(mark) ?? [];
      if ('id' in result) {
        said.sent++;
        expect(copies.map(({ id }) => id)).toEqual([result.id]);
      } else if (result.error instanceof SendOutcomeUnknownError) {
        said.perhaps++;
        expect(copies.length).toBeLessThanOrEqual(1);
        arrivedUnknown += copies.length;
      } else {
        said.not++;
        expect(copies).toEqual([]);
      }
    }
    expect(new Set(outcomes.map(({ mark }) => mark)).size).toBe(processes * sendsEach);
    expect(said.sent).toBeGreaterThan(echoCallbackData ? 60 : 30);
    expect(said.perhaps).toBeGreaterThan(40);
    // A repeat of any of them would have reached the customer twice.
    expect(arrivedUnknown).toBeGreaterThan(20);
    await kapso.close();
  },
);

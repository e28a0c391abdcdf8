import { createReactions } from '../../src/delivery/reactions.ts';
import { createReceipts } from '../../src/delivery/receipts.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { createKapsoClient } from '../../src/kapso/client.ts';
import { createNodeTransport } from '../../src/kapso/http/transport-node.ts';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import type { ReadMark } from '../../src/simulator/kapso-send.ts';
import type { ManualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';

/** Milliseconds. */
export const runTimeout = 600_000;

export const message = (id: string): InboundMessage => ({
  ...{ id, account: '647000000000001', conversationId: null, timestamp: 0, type: 'text', text: 'hello', media: null },
  sender: { phone: '15551234567', userId: null, name: null, username: null },
});

export const soon = () => new Promise(resolve => setImmediate(resolve));

/** Receipts at a Kapso of their own, whose clock and theirs the test moves. */
export async function receiptsStage(clock: ManualClock) {
  const kapso = await startKapsoSimulator({ clock });
  const control = kapsoClient(kapso);
  const transport = createNodeTransport({ keepAlive: true });
  const { apiKey, phoneNumberId, url: baseUrl } = kapso;
  const client = createKapsoClient({ apiKey, phoneNumberId, baseUrl, apiVersion: 'v24.0', transport, clock });
  const settings = { read: true, typing: true, reaction: 'none' };
  const asked: Promise<void>[] = [];
  const keep = (answer: Promise<void>) => {
    asked.push(answer);
    return answer;
  };
  const common = { limitNear: client.limitNear, settings: () => settings, log: silentLog, clock, random: () => 0.5 };
  const start = () =>
    createReceipts({
      ...common,
      markRead: (...mark) => keep(client.markRead(...mark)),
      reactions: createReactions({ ...common, react: reaction => keep(client.react(reaction)) }),
      runTimeout,
    });
  const [id = ''] = await control.inbound({ text: 'hello' });

  /** Resolves when every request has its answer, also those that follow from an answer. */
  async function quiet(): Promise<void> {
    for (let known = -1; known < asked.length; ) {
      known = asked.length;
      await Promise.allSettled(asked);
      await soon();
    }
  }
  let seen = 0;
  return {
    ...{ kapso, control, client, settings, asked, quiet, start, message: message(id) },
    receipts: start(),
    /** Advances the clock by seconds, and waits for the answers. */
    async pass(seconds: number): Promise<void> {
      clock.advance(seconds * 1000);
      await quiet();
    },
    /** The marks since the last call: whether each showed the typing sign. */
    async marks(): Promise<boolean[]> {
      await quiet();
      const all: ReadMark[] = (await control.sim('GET', 'read')).body.read;
      const fresh = all.slice(seen).map(mark => mark.typing);
      seen = all.length;
      return fresh;
    },
    /** The emoji of every reaction that Kapso took. An empty one took a reaction off. */
    async reactions(): Promise<string[]> {
      await quiet();
      return (await control.sim('GET', 'reactions')).body.reactions.map(({ emoji }: { emoji: string }) => emoji);
    },
    async close(): Promise<void> {
      transport.close();
      await kapso.close();
    },
  };
}

export type ReceiptsStage = Awaited<ReturnType<typeof receiptsStage>>;

import { existsSync } from 'node:fs';
import { type Clock, systemClock } from '../clock.ts';
import type { Feed } from '../page/feed.ts';
import type { DemoView, Mode, PartName } from '../page/shape.ts';
import { createControl, NotAnswered } from './control.ts';
import { type Letter, nameOf } from './letters.ts';
import { partsOf } from './parts-view.ts';
import { countersOf, isOver, isSettled, type Progress, progressOf, viewOf } from './progress.ts';
import { createReceipts } from './receipts.ts';
import { registerWebhook, removeWebhooks } from './registration.ts';
import { createSight, type Sight } from './sight.ts';
import type { Site } from './site.ts';
import { createTeller } from './teller.ts';

/** The customer of the demo. */
export const customer = { phone: '+15551234567', name: 'You' };
/** Messages of one demo. */
const mostLetters = 300;
/** Milliseconds between two looks at the parts, while messages are on their way and else. */
const look = { moving: 90, resting: 450 };

export interface Ports {
  kapso: number;
  gateway: number;
  webhook: number;
}

export interface StageOptions {
  site: Site;
  feed: Feed;
  ports: Ports;
  /** The address of the user's own gateway; null for the simulated one. */
  ownGateway: string | null;
  verifyToken: string;
  webhookSecret: string;
  clock?: Clock;
}

/** The demo behind the page: what the customer writes, and the parts that can be switched off and on. */
export interface Stage {
  start(): Promise<void>;
  write(letters: readonly Pick<Letter, 'text' | 'media' | 'body'>[]): Promise<void>;
  /** Kapso brings a message once more. Throws a `RangeError` when it cannot. */
  repeat(id: string): Promise<void>;
  /** Ends a part (`kill`: by SIGKILL) or starts it. */
  turn(part: PartName, how: 'kill' | 'stop' | 'start'): Promise<void>;
  setMode(mode: Mode): Promise<void>;
  pollNow(): void;
  /** A program has ended though nobody has ended it. */
  ended(sentence: string): void;
  close(): Promise<void>;
}

export function createStage(options: StageOptions): Stage {
  const { site, feed, ports, ownGateway, clock = systemClock } = options;
  const kapsoUrl = `http://127.0.0.1:${ports.kapso}`;
  const hookUrl = `http://127.0.0.1:${ports.webhook}/webhook`;
  const letters: Letter[] = [];
  const control = createControl(site.controlToken);
  const { tell } = control;
  const receipts = createReceipts(kapsoUrl, control, clock);
  const sight = createSight({
    kapsoUrl: () => (site.kapso.pid === null ? null : kapsoUrl),
    gatewayUrl: () => (ownGateway !== null || site.gateway.pid === null ? null : `http://127.0.0.1:${ports.gateway}`),
    control,
    stateDirectory: site.stateDirectory,
  });
  const teller = createTeller(line => feed.put('log', line), clock);
  let mode: Mode = 'polling';
  let pollerSince = 0;
  let busy = 0;
  let lastSeen: Sight | null = null;
  let closed = false;
  let wake: () => void = () => undefined;

  const progress = (seen: Sight) => letters.map(letter => progressOf(letter, seen, { mode, receiptOf: receipts.of }));

  const show = (seen: Sight, all: readonly Progress[]) => {
    const running = {
      ...{ mode, pollerSince, kapso: site.kapso.pid !== null, poller: site.poller.pid !== null },
      gateway: ownGateway === null ? site.gateway.pid !== null : seen.status?.gateway?.phase === 'connected',
    };
    for (const one of all) {
      feed.put('messages', viewOf(one, running));
      teller.follow(one);
    }
    const ways = new Map(seen.outgoing.map(({ sentId, via }) => [sentId, via]));
    for (const { id, text, callbackData, at } of seen.sent) {
      const relayed = ways.get(id) === 'relay' || String(callbackData).startsWith('reply-');
      feed.put('answers', { id, text, at, by: relayed ? 'by relay' : 'by the CLI' });
    }
    feed.set('counters', countersOf(all, seen, { echo: ownGateway === null, pollerSince }));
    feed.set('parts', partsOf({ site, seen, mode, ownGateway, busy: busy > 0 }));
    const demo: DemoView = {
      mode,
      nextPoll: nextPoll(seen),
      typing: all.some(one => one.read && one.answers.length === 0 && !isSettled(one)),
      ownGateway,
      busy: busy > 0,
    };
    feed.set('demo', demo);
  };

  const nextPoll = ({ status, lists }: Sight): number | null => {
    if (mode !== 'polling' || site.poller.pid === null || lists.at(-1) === undefined) return null;
    return (lists.at(-1) ?? 0) < pollerSince ? null : (status?.polling?.nextAt ?? null);
  };

  /** Hands over what waits on the phone, in its order. */
  let posting = Promise.resolve();
  const post = (): Promise<void> => {
    posting = posting.then(async () => {
      for (const letter of letters.filter(({ wamid }) => wamid === null)) {
        // A poller that has never run would take it for the past.
        if (site.kapso.pid === null || !lastSeen?.status) return;
        const { ids } = await tell(`${kapsoUrl}/__sim/inbound`, letter.body);
        letter.wamid = String((ids as string[])[0]);
        letter.takenAt = clock.now();
      }
    });
    const done = posting;
    posting = posting.catch(() => undefined);
    return done.catch(error => {
      if (!(error instanceof NotAnswered)) throw error;
      // Where it merely went away just now, the page says so already.
      if (site.kapso.pid !== null) teller.sayOnce(`Kapso does not take what you write: ${error.message}.`, 'bad');
    });
  };

  const loop = async () => {
    while (!closed) {
      const seen = await sight.look();
      if (closed) return;
      lastSeen = seen;
      if (!existsSync(site.directory)) teller.sayOnce(directoryGone, 'bad');
      if (seen.kapsoAnswers) await post();
      if (seen.kapsoAnswers) await receipts.report(seen.sent);
      const all = progress(seen);
      show(seen, all);
      const moving = busy > 0 || all.some(one => !isOver(one));
      await new Promise<void>(resolve => {
        const cancel = clock.after(moving ? look.moving : look.resting, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
  };
  let looping: Promise<void> = Promise.resolve();

  /** One change of the parts at a time. */
  let changing: Promise<unknown> = Promise.resolve();
  const change = <T>(work: () => Promise<T>): Promise<T> => {
    busy += 1;
    wake();
    const done = changing.then(work).finally(() => {
      busy -= 1;
      wake();
    });
    changing = done.catch(() => undefined);
    return done;
  };

  const startPoller = async () => {
    pollerSince = clock.now();
    await site.poller.start();
  };

  const switchMode = async (wanted: Mode) => {
    if (wanted === mode) return;
    if (site.kapso.pid === null) throw new RangeError('Bring Kapso back first: the webhook is registered there.');
    teller.say(
      wanted === 'webhook'
        ? 'The poller is started anew with a webhook, and Kapso is told its address.'
        : 'The poller is started anew without a webhook: it asks Kapso every 5 seconds.',
    );
    const ran = site.poller.pid !== null;
    await site.poller.end('SIGTERM');
    const registration = { kapsoUrl, apiKey: site.apiKey, url: hookUrl, secret: options.webhookSecret };
    await (wanted === 'webhook' ? registerWebhook(registration) : removeWebhooks(registration));
    mode = wanted;
    Object.assign(site.env, {
      KAPSO_MODE: wanted === 'webhook' ? 'domain' : 'polling',
      KAPSO_WEBHOOK_ADDR: `127.0.0.1:${ports.webhook}`,
      KAPSO_WEBHOOK_VERIFY_TOKEN: options.verifyToken,
      KAPSO_WEBHOOK_SECRET: options.webhookSecret,
    });
    if (ran) await startPoller();
  };

  const turn = async (part: PartName, how: 'kill' | 'stop' | 'start') => {
    const program = site[part];
    if (part === 'gateway' && ownGateway !== null)
      throw new RangeError('This gateway is your own: it is left alone here.');
    if (how === 'start') {
      if (program.pid !== null) return;
      await (part === 'poller' ? startPoller() : program.start());
      teller.say(startedText[part], 'good');
      return;
    }
    if (program.pid === null) return;
    const { pid } = program;
    await program.end(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
    teller.say(how === 'kill' ? `${endedText[part]} (SIGKILL, process ${pid}).` : `${endedText[part]}.`, 'bad');
  };

  const repeat = async (id: string) => {
    const letter = letters.find(one => one.id === id);
    if (!letter?.wamid) throw new RangeError('Kapso does not have this message yet.');
    if (site.kapso.pid === null) throw new RangeError('Kapso is away: it cannot bring anything.');
    if (site.poller.pid === null) throw new RangeError('The poller does not run: start it first.');
    const name = nameOf(letter);
    letter.repeats += 1;
    if (mode === 'webhook') {
      const { status } = await tell(`${kapsoUrl}/__sim/deliver`, {
        ...{ url: hookUrl, id: letter.wamid, secret: options.webhookSecret },
      });
      const known = `The poller answered ${status}, knew the id, and did nothing more.`;
      teller.say(status === 200 ? `Kapso delivered ${name} again. ${known}` : `Kapso could not deliver ${name} again.`);
    } else {
      // Each poll looks back five minutes, so that the list has it again.
      pollNow();
      teller.say(`Kapso lists ${name} again at the next poll. The poller knows the id, and does nothing more.`);
    }
  };

  const pollNow = () => {
    // A poller that has just begun would take the signal for its end.
    if (mode === 'polling' && (lastSeen?.lists.at(-1) ?? 0) > pollerSince) site.pollNow();
  };

  return {
    start: async () => {
      looping = loop();
      looping.catch(error => teller.say(`The demo cannot see what happens: ${String(error)}`, 'bad'));
      await change(async () => {
        site.env.KAPSO_BASE_URL = kapsoUrl;
        site.env.OPENCLAW_GATEWAY_URL = ownGateway ?? `ws://127.0.0.1:${ports.gateway}`;
        await Promise.all([site.kapso.start(), ownGateway === null ? site.gateway.start() : undefined]);
        await startPoller();
      });
      teller.say('Everything runs. Write something on the phone.');
    },
    write: async written => {
      if (letters.length + written.length > mostLetters) {
        throw new RangeError(`This demo takes ${mostLetters} messages. End it and start it again for more.`);
      }
      for (const { text, media, body } of written) {
        const letter: Letter = {
          ...{ id: `m${letters.length + 1}`, wamid: null, text, media, body },
          ...{ writtenAt: clock.now(), takenAt: null, repeats: 0 },
        };
        letters.push(letter);
      }
      await post();
      wake();
    },
    repeat: id => repeat(id).finally(() => wake()),
    turn: (part, how) => change(() => turn(part, how)),
    setMode: wanted => change(() => switchMode(wanted)),
    pollNow,
    ended: sentence => {
      teller.say(`${sentence[0]?.toUpperCase()}${sentence.slice(1)}.`, 'bad');
      wake();
    },
    close: async () => {
      closed = true;
      wake();
      await looping.catch(() => undefined);
      await changing;
      await sight.close();
      await site.close();
    },
  };
}

const directoryGone =
  'The demo’s directory is gone: something has removed it. End the demo with Ctrl-C and start it again.';

const startedText: Readonly<Record<PartName, string>> = {
  kapso: 'Kapso is back. What waited on the phone goes out now.',
  poller: 'The poller runs again. It goes on where the killed one was.',
  gateway: 'The gateway runs again. The poller connects by itself.',
};

const endedText: Readonly<Record<PartName, string>> = {
  kapso: 'Kapso is away. What you write waits on the phone',
  poller: 'The poller was killed',
  gateway: 'The gateway was killed',
};

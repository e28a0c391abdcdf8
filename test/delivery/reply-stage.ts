import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { createReplySender } from '../../src/delivery/send-replies.ts';
import { type MediaContent, type OutgoingFile, wordsOf } from '../../src/domain/content.ts';
import { writeContent } from '../../src/domain/outgoing-body.ts';
import { KapsoWhatsappError } from '../../src/errors.ts';
import type { Hold } from '../../src/instances/hold.ts';
import type {
  LookUpResult,
  OutgoingMessage,
  SendResult,
  UploadResult,
} from '../../src/kapso/outbound/outgoing-sends.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';

export const hour = 3_600_000;
export const account = '106540352242922';
export const lane = `${account}/+15551234567`;
/** The time of all clocks when a test begins. */
export const start = 100 * 24 * hour;

/** What sends the replies of a real store to a Kapso that answers as a test says. Each test has its own. */
export interface ReplyStage {
  clock: ManualClock;
  store: Store;
  told: AppEvent[];
  /** What has left, in order. */
  sends: OutgoingMessage[];
  /** Since when each look-up looked. */
  looks: ({ ago: number } | { at: number })[];
  /** What the next sends, look-ups and uploads come to; then all are well, and none is found. */
  results: (SendResult | Error)[];
  lookUps: LookUpResult[];
  uploadResults: UploadResult[];
  /** The paths of what was uploaded. */
  uploads: string[];
  onUpload: () => void;
  /** The paths of files that another machine has. */
  elsewhere: string[];
  /** What can be taken, by its name in the agent's words. */
  takeable: Record<string, string>;
  settings: { lookUpFor: number; template?: string; templateLanguage: string };
  kapsoNow: number | null;
  /** What Kapso tells when it is asked. */
  toldNow: number | null;
  stop: AbortController;
  beforeResult: () => Promise<unknown>;
  turn: (lane: string, hold?: Hold) => Promise<unknown>;
  /** A sender of another process. */
  sender(more?: { othersMayTake?: number }): (lane: string, hold?: Hold) => Promise<unknown>;
  stateOf(id: string): Promise<string | undefined>;
  /** The words of what has left. */
  texts(): (string | null)[];
}

export function reply(id: string, over: Partial<NewOutgoing> = {}): NewOutgoing {
  const body = writeContent({ kind: 'text', text: `text of ${id}` });
  return {
    ...{
      id,
      message: id,
      answer: `${id}#1`,
      account,
      lane,
      recipient: '+15551234567',
      via: 'relay',
      part: 1,
      parts: 1,
    },
    ...{ body, sendBefore: start + 24 * hour, ...over },
  };
}

export const fileAt = (path: string): OutgoingFile => ({ path, mimeType: 'image/png', name: 'image.png', size: 9 });
export const image = (more: Partial<MediaContent> = {}) =>
  writeContent({ kind: 'media', media: 'image', source: { file: fileAt('/out/a.png') }, ...more });
export const refused = (code: number, reason = 'refused'): Extract<SendResult, { kind: 'refused' }> => ({
  ...{ kind: 'refused', window: false, code, reason, other: null },
});

/** Sets the stage up before each test of the file. */
export function replyStage(): ReplyStage {
  let dir: string;

  const sender: ReplyStage['sender'] = (more = {}) =>
    createReplySender({
      ...more,
      account,
      outbox: at.store.outbox,
      contacts: at.store.contacts,
      kapso: {
        time: async () => {
          at.stop.signal.throwIfAborted();
          return at.kapsoNow ?? at.toldNow;
        },
        attempt: async (message, _signal, guard) => {
          guard?.();
          at.sends.push(message);
          await at.beforeResult();
          const result = at.results.shift() ?? { kind: 'sent', id: `wamid.${at.sends.length}` };
          if (result instanceof Error) throw result;
          return result;
        },
        upload: async ({ path }) => {
          at.uploads.push(path);
          at.onUpload();
          return at.uploadResults.shift() ?? { kind: 'uploaded', id: `media-${at.uploads.length}` };
        },
        lookUp: async (_message, since) => {
          at.looks.push(since);
          return at.lookUps.shift() ?? { kind: 'absent', asOf: at.clock.monotonic() };
        },
      },
      media: {
        take: async (_id, { named }) => {
          if (named === './away.png') throw new GatewayError('away', 'no gateway');
          const path = at.takeable[named];
          if (path === undefined)
            throw new KapsoWhatsappError('SEND_FILE_REFUSED', `${named} is a secret`, { hint: 'No' });
          return { media: 'image', source: { file: fileAt(path) } };
        },
        isHere: async ({ path }) => !at.elsewhere.includes(path),
      },
      clock: at.clock,
      random: () => 0.5,
      emit: event => at.told.push(event),
      kapsoNow: () => at.kapsoNow,
      settings: () => at.settings,
      scrub: text => text.replace('SECRET', '…'),
      signal: at.stop.signal,
    });

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kapso-replies-'));
    at.clock = manualClock(start);
    at.store = await openStore({ dir, clock: at.clock });
    [at.told, at.sends, at.looks, at.results, at.lookUps] = [[], [], [], [], []];
    at.elsewhere = [];
    [at.uploads, at.uploadResults, at.takeable, at.onUpload] = [[], [], {}, () => undefined];
    at.settings = { lookUpFor: 60, templateLanguage: 'en' };
    at.kapsoNow = start;
    at.toldNow = null;
    at.stop = new AbortController();
    at.beforeResult = async () => undefined;
    at.turn = sender();
  });

  afterEach(async () => {
    await at.store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const at = {
    sender,
    stateOf: async id => (await at.store.outbox.get(id))?.state,
    texts: () => at.sends.map(({ content }) => wordsOf(content)),
  } as ReplyStage;
  return at;
}

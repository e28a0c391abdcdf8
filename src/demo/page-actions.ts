import { randomBytes } from 'node:crypto';
import { asRecord, fieldsOf } from '../narrow.ts';
import type { Asset } from '../page/assets.ts';
import { type Action, Refusal } from '../page/server.ts';
import type { MediaView, Mode, PartName } from '../page/shape.ts';
import type { Letter } from './letters.ts';
import { customer, type Stage } from './stage.ts';

/** Bytes of one file. WhatsApp takes pictures of 5 MB and sound of 16 MB at most. */
const mostBytes = { image: 5 * 1024 * 1024, other: 16 * 1024 * 1024 };
/** Bytes of all files together, which are kept in memory for the page. */
const mostKept = 64 * 1024 * 1024;
/** Characters of a text, as in WhatsApp. */
const mostCharacters = 4096;
/** Texts that are sent at once. */
const mostTexts = 20;

const kinds = {
  image: ['image/jpeg', 'image/png', 'image/webp'],
  audio: ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr'],
  file: ['application/pdf', 'text/plain'],
} as const;

type Written = Pick<Letter, 'text' | 'media' | 'body'>;

/** What the page of the demo can have done, and the files that were sent with it. */
export function createPageActions(
  stage: Stage,
  voice: Buffer,
): { actions: Record<string, Action>; file(name: string): Asset | null } {
  const files = new Map<string, Asset>();
  let keptBytes = 0;

  const keep = (type: string, body: Buffer): string => {
    if (keptBytes + body.length > mostKept) {
      throw new Refusal(413, 'This demo has taken many files. End it and start it again for more.');
    }
    keptBytes += body.length;
    const name = randomBytes(18).toString('base64url');
    files.set(name, { type, body });
    return `/files/${name}`;
  };

  const withFile = (type: string, body: Buffer, name: string, caption: string | null, isVoice: boolean): Written => {
    const kind = kindOf(type);
    const media: MediaView = { kind, name: isVoice ? 'Voice message' : name, path: keep(type, body) };
    return {
      text: caption ?? '',
      media,
      body: {
        ...{ from: customer.phone, name: customer.name },
        media: {
          type: kind === 'file' ? 'document' : kind,
          base64: body.toString('base64'),
          mimeType: kind === 'audio' && type === 'audio/ogg' ? 'audio/ogg; codecs=opus' : type,
          ...(kind === 'audio' ? { voice: isVoice } : {}),
          ...(kind === 'audio' || caption === null ? {} : { caption }),
          ...(kind === 'file' ? { filename: name } : {}),
        },
      },
    };
  };

  /** What the stage cannot do is told to whoever asked. */
  const json = (run: (input: Readonly<Record<string, unknown>>) => Promise<void> | void): Action => ({
    maxBytes: 64 * 1024 + mostTexts * mostCharacters,
    run: async ({ body }) => {
      await asked(async () => run(fieldsOf(parsed(body))));
    },
  });

  const actions: Record<string, Action> = {
    write: json(async ({ texts }) => {
      if (!Array.isArray(texts) || texts.length === 0 || texts.length > mostTexts || !texts.every(isText)) {
        throw new Refusal(400, `Give from 1 to ${mostTexts} texts of at most ${mostCharacters} characters.`);
      }
      await stage.write(
        texts.map(text => ({ text, media: null, body: { from: customer.phone, name: customer.name, text } })),
      );
    }),
    'send-file': {
      maxBytes: mostBytes.other,
      run: async ({ query, type, body }) => {
        const kind = kindOf(type);
        if (kind === 'image' && body.length > mostBytes.image) throw new Refusal(413, 'A picture may have 5 MB.');
        if (body.length === 0) throw new Refusal(400, 'The file is empty.');
        const caption = query.get('caption') || null;
        if (caption !== null && caption.length > 1024) throw new Refusal(400, 'A caption may have 1024 characters.');
        const name = (query.get('name') || 'file').slice(0, 120);
        await asked(() => stage.write([withFile(type, body, name, caption, false)]));
      },
    },
    'send-voice': json(() => stage.write([withFile('audio/ogg', voice, 'voice', null, true)])),
    repeat: json(({ id }) => stage.repeat(String(id))),
    turn: json(({ part, how }) => {
      if (!isPart(part) || !isTurn(how)) throw new Refusal(400, 'Say which part, and how.');
      return stage.turn(part, how);
    }),
    mode: json(({ mode }) => {
      if (!isMode(mode)) throw new Refusal(400, 'The mode is polling or webhook.');
      return stage.setMode(mode);
    }),
    poll: json(() => stage.pollNow()),
  };
  return { actions, file: name => files.get(name) ?? null };
}

async function asked(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(409, error.message);
    throw error;
  }
}

function parsed(body: Buffer): unknown {
  try {
    const input: unknown = JSON.parse(body.toString('utf8') || '{}');
    if (asRecord(input) !== null) return input;
  } catch {
    // It is refused below.
  }
  throw new Refusal(400, 'The request is no JSON object.');
}

function kindOf(type: string): MediaView['kind'] {
  const found = (['image', 'audio', 'file'] as const).find(kind => (kinds[kind] as readonly string[]).includes(type));
  if (found !== undefined) return found;
  throw new Refusal(415, 'Send a picture (JPEG, PNG, WebP), sound (OGG, MP3, M4A, AAC, AMR), a PDF or a text file.');
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= mostCharacters;
const isPart = (value: unknown): value is PartName => value === 'kapso' || value === 'poller' || value === 'gateway';
const isTurn = (value: unknown): value is 'kill' | 'stop' | 'start' =>
  value === 'kill' || value === 'stop' || value === 'start';
const isMode = (value: unknown): value is Mode => value === 'polling' || value === 'webhook';

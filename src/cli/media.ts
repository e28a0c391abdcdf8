import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { type AccountConfig, type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Media } from '../domain/message.ts';
import { readBody } from '../domain/stored-body.ts';
import { isOurs, UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createKapsoClient, type KapsoClient } from '../kapso/client.ts';
import { readAttachment } from '../kapso/found-message.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import { MediaError } from '../media/errors.ts';
import type { FetchedMedia } from '../media/fetch.ts';
import { typeOfContent } from '../media/file-type.ts';
import { createMediaFiles } from '../media/files.ts';
import { receiveInto } from '../media/incoming-file.ts';
import { createMediaSource } from '../media/obtain.ts';
import { stateFiles } from '../state/files.ts';
import { hideSecrets, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { openTarget } from './media-target.ts';
import { all, resolveId, withStore } from './stored.ts';
import type { Terminal } from './terminal.ts';

/** Bytes of the largest file that WhatsApp takes (WhatsApp Cloud API, "Media"). */
const largest = 100 * 1024 * 1024;

/** What is to be fetched. */
interface Wanted {
  /** The id of its message; null when a media id was given. */
  message: string | null;
  media: Pick<Media, 'id' | 'url'> & { kind?: Media['kind'] };
}

/** `media get`: writes the file of a message, or of a media id, to a file or to standard output. */
export async function get(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const given = textOption(args, 'id')?.trim() ?? '';
  const output = textOption(args, 'output') ?? '';
  const json = args.json === true;
  if (json && output === '-')
    throw new UsageError('with -o - the file itself is on standard output: --json has no place');
  const loaded = await load(args, context);
  const client = createKapsoClient({
    ...loaded.config.kapso,
    timeout: loaded.config.kapso.timeout * 1000,
    transport: openTransport({ proxy: loaded.proxy }),
    clock: systemClock,
  });
  const target = openTarget(output, { force: args.force === true, terminal });
  const stop = new AbortController();
  const stopListening = terminal.onInterrupt(signal => stop.abort(signal));
  try {
    const wanted = await find(given, { args, context, client, signal: stop.signal });
    const { from, ...file } = await obtain(wanted, target.temporary, { loaded, client, signal: stop.signal });
    target.keep();
    const bytes = `${file.bytes} bytes`;
    if (json) terminal.out(`${toJson({ file: output, ...file, from })}\n`);
    else if (output !== '-') terminal.out(`${output}: ${file.mimeType}, ${bytes}\n`);
    return exitCode.ok;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    target.discard();
    return terminal.exit(stop.signal.reason === 'SIGINT' ? 130 : 143);
  } finally {
    stopListening();
    target.discard();
  }
}

async function load(
  args: CommandArguments,
  { env, home, ...context }: CliContext,
): Promise<LoadedConfig<AccountConfig>> {
  const configFile = textOption(args, 'config');
  const stateDir = textOption(args, 'state-dir');
  const loaded = await loadConfig({
    env,
    home,
    need: 'cli',
    ...(configFile === undefined ? {} : { configFile }),
    ...(stateDir === undefined ? {} : { flags: { 'state.dir': stateDir } }),
  });
  return hideSecrets(loaded, { env, home, ...context });
}

/** Finds what is meant, in the inbox or at Kapso. Throws a UsageError for what has no file. */
async function find(
  given: string,
  {
    args,
    context,
    client,
    signal,
  }: { args: CommandArguments; context: CliContext; client: KapsoClient; signal: AbortSignal },
): Promise<Wanted> {
  if (/^\d+$/.test(given)) return { message: null, media: { id: given, url: null } };
  const stored = await storedMessage(given, args, context);
  if (stored) return withFile(stored.id, stored.media);
  const found = await client.message(given, signal);
  if (found === null) {
    throw new MediaError('not-found', 'neither the inbox nor Kapso has a message with this id', {
      hint: 'See kapso-whatsapp-cli inbox list',
    });
  }
  return withFile(given, readAttachment(found));
}

function withFile(message: string, media: Media | null): Wanted {
  if (media === null) throw new UsageError('this message has no file');
  return { message, media };
}

/** Returns the message of the inbox; null when it is not there, and may be at Kapso. */
async function storedMessage(
  given: string,
  args: CommandArguments,
  context: CliContext,
): Promise<{ id: string; media: Media | null } | null> {
  const isWhole = given.startsWith('wamid.');
  try {
    return await withStore(args, context, true, async store => {
      const entry = isWhole
        ? await store.get(given)
        : resolveId(given, new Map((await store.list({ limit: all })).map(one => [one.id, one])), 'inbox');
      if (entry === null) return null;
      const body = readBody(entry);
      return { id: entry.id, media: body.kind === 'message' ? body.message.media : null };
    });
  } catch (error) {
    // Kapso knows a whole id without the poller.
    if (isWhole && isOurs(error) && error.code === 'STORE_MISSING') return null;
    throw error;
  }
}

type Obtained = Pick<FetchedMedia, 'bytes' | 'mimeType' | 'sha256'> & { from: 'state' | 'kapso' };

async function obtain(
  { message, media }: Wanted,
  into: string,
  { loaded, client, signal }: { loaded: LoadedConfig<AccountConfig>; client: KapsoClient; signal: AbortSignal },
): Promise<Obtained> {
  const { config, proxy } = loaded;
  const kept = message === null ? null : await keptFile(message, config.state.dir);
  if (kept !== null) return { ...(await copy(kept, into, signal)), from: 'state' };
  const source = createMediaSource({
    mediaInfo: client.mediaInfo,
    ...{ baseUrl: config.kapso.baseUrl, apiKey: config.kapso.apiKey, proxy, clock: systemClock },
  });
  const { bytes, mimeType, sha256 } = await source.obtain(media, { into, maxBytes: largest, signal });
  return { bytes, mimeType, sha256, from: 'kapso' };
}

/** The path of the file that the poller keeps for a message; null when it keeps none. */
async function keptFile(message: string, stateDir: string): Promise<string | null> {
  const dir = join(stateDir, stateFiles.media);
  const files = createMediaFiles({ dir, clock: systemClock, most: () => 0, whenFull: 'refuse' });
  return (await files.find(message))?.path ?? null;
}

async function copy(from: string, into: string, signal: AbortSignal) {
  const file = await receiveInto(into, largest);
  try {
    for await (const chunk of createReadStream(from, { signal })) await file.write(chunk);
    const { head, ...received } = await file.finish();
    return { ...received, mimeType: typeOfContent(head)?.mimeType ?? 'application/octet-stream' };
  } catch (error) {
    await file.undo();
    throw error;
  }
}

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { type AccountConfig, type ConfiguredAccount, type LoadedConfig, loadConfig } from '../config/load.ts';
import type { HttpProxy } from '../config/proxy.ts';
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
import { chooseAccount } from './chosen-account.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { openTarget } from './media-target.ts';
import { all, resolveId, withStore } from './stored.ts';
import { fillTarget } from './target-file.ts';
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
  const target = openTarget(output, { force: args.force === true, terminal });
  const { from, ...file } = await fillTarget(target, terminal, async (temporary, signal) => {
    const stored = await storedMessage(given, args, context);
    const account = chooseAccount(loaded.accounts, textOption(args, 'from') ?? stored?.account ?? undefined);
    const source = { config: account.config, proxy: loaded.proxy, client: clientOf(account, loaded.proxy), signal };
    const wanted = stored === null ? await findAtKapso(given, source) : withFile(stored.id, stored.media);
    return obtain(wanted, temporary, source);
  });
  if (json) terminal.out(`${toJson({ file: output, ...file, from })}\n`);
  else if (output !== '-') terminal.out(`${output}: ${file.mimeType}, ${file.bytes} bytes\n`);
  return exitCode.ok;
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

function clientOf({ config }: ConfiguredAccount<AccountConfig>, proxy: HttpProxy | null): KapsoClient {
  const { kapso } = config;
  const transport = openTransport({ proxy });
  return createKapsoClient({ ...kapso, timeout: kapso.timeout * 1000, transport, clock: systemClock });
}

/** From where a file may come. */
interface Source {
  config: AccountConfig;
  proxy: HttpProxy | null;
  client: KapsoClient;
  signal: AbortSignal;
}

/** Finds what the inbox does not know. Throws a UsageError for what has no file. */
async function findAtKapso(given: string, { client, signal }: Source): Promise<Wanted> {
  if (isMediaId(given)) return { message: null, media: { id: given, url: null } };
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

/** A media id of WhatsApp has digits only. */
function isMediaId(given: string): boolean {
  return /^\d+$/.test(given);
}

/** Returns the message of the inbox; null when it is not there, and may be at Kapso. */
async function storedMessage(
  given: string,
  args: CommandArguments,
  context: CliContext,
): Promise<{ id: string; account: string | null; media: Media | null } | null> {
  if (isMediaId(given)) return null;
  const isWhole = given.startsWith('wamid.');
  try {
    return await withStore(args, context, true, async store => {
      const entry = isWhole
        ? await store.get(given)
        : resolveId(given, new Map((await store.list({ limit: all })).map(one => [one.id, one])), 'inbox');
      if (entry === null) return null;
      const body = readBody(entry);
      return { id: entry.id, account: entry.account, media: body.kind === 'message' ? body.message.media : null };
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
  { config, proxy, client, signal }: Source,
): Promise<Obtained> {
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

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { readProxy } from '../config/proxy.ts';
import { KapsoWhatsappError, UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createDocumentTexts } from '../media/document-text.ts';
import { headLength, typeOfContent } from '../media/file-type.ts';
import type { StoredFile, TextOf } from '../media/text-of.ts';
import { createTranscriber } from '../media/transcription/transcriber.ts';
import { loadFor, textOption } from './arguments.ts';
import { chooseAccount } from './chosen-account.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { interruptible } from './interruptible.ts';
import type { Terminal } from './terminal.ts';

/** `media text`: prints the words in a file as the settings have them found, to try the settings. */
export async function text(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const { env } = context;
  const { config } = chooseAccount((await loadFor(args, context)).accounts, textOption(args, 'from'));
  const file = await fileAt(resolve(textOption(args, 'file') ?? ''));
  return interruptible(terminal, async signal => {
    // Nothing is taken from what was transcribed before, and nothing is kept.
    const stateDir = await mkdtemp(join(tmpdir(), 'kapso-media-text-'));
    try {
      const found = await findText(file, { config, stateDir, env, signal });
      if (found.kind === 'failed') throw new KapsoWhatsappError('MEDIA_NO_TEXT', found.reason, { hint: found.hint });
      const { kind: _, ...shown } = found;
      terminal.out(args.json === true ? `${toJson({ ...shown, mimeType: file.mimeType })}\n` : `${found.text}\n`);
      return exitCode.ok;
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });
}

/** Looks at a file as the poller looks at a received one: its type is told by its content. */
async function fileAt(path: string): Promise<StoredFile> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`the file ${path} cannot be read (${error.code})`);
  });
  try {
    const about = await file.stat();
    if (!about.isFile()) throw new UsageError(`${path} is no file`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0);
    const mimeType = typeOfContent(buffer.subarray(0, bytesRead))?.mimeType ?? 'application/octet-stream';
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return { path, mimeType, size: about.size, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

async function findText(
  file: StoredFile,
  { config, stateDir, env, signal }: { config: Config; stateDir: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<TextOf> {
  const clock = systemClock;
  const transcriber = createTranscriber({
    settings: () => config.transcribe,
    proxyTo: origin => readProxy(env, origin).proxy,
    ...{ stateDir, clock, random: Math.random },
  });
  if (transcriber.transcribes(file)) return transcriber.transcribe(file, signal);
  const documents = createDocumentTexts({ settings: () => config.media, clock });
  if (documents.reads(file)) return documents.textOf(file, signal);
  throw new UsageError(`the settings have nobody find the words in a file of the type ${file.mimeType}`, {
    hint: 'Set transcribe.provider for audio, media.documentCommand and media.documentTypes for documents.',
  });
}

import { type Clock, sleep } from '../clock.ts';
import type { Content, OutgoingFile } from '../domain/content.ts';
import { filesOf, withIds } from '../domain/outgoing/files.ts';
import { isOurs } from '../errors.ts';
import type { KapsoClient } from '../kapso/client.ts';
import { type Disposition, type KapsoApiError, KapsoError, type KapsoNetworkError } from '../kapso/http/errors.ts';
import { backoff, waits } from '../waits.ts';
import type { WaitingLine } from './waiting-line.ts';

export interface UploadDeps {
  client: Pick<KapsoClient, 'uploadMedia'>;
  clock: Clock;
  /** Milliseconds after which no further attempt begins. */
  deadline: number;
  /** Milliseconds without reaching Kapso, after which none begins either. */
  reachWithin: number;
  /** Shows the progress; null where nobody looks. */
  line: WaitingLine | null;
  signal: AbortSignal;
}

/**
 * Uploads the files of messages, each once, whoever gets it. Returns the messages with the ids. A failed upload sends
 * nothing to anybody, so it is repeated while the fault passes. Throws what `uploadMedia` throws.
 */
export async function uploadFiles(contents: readonly Content[], deps: UploadDeps): Promise<readonly Content[]> {
  const ids = new Map<string, string>();
  for (const file of contents.flatMap(filesOf)) {
    if (!ids.has(file.path)) ids.set(file.path, await upload(file, deps));
  }
  return contents.map(content => withIds(content, file => ids.get(file.path) ?? ''));
}

/** `unknown` is about a message: what may have arrived here is a file that nobody sees. */
const passing: readonly Disposition[] = ['retry', 'wait', 'unknown'];

/** By its fields, since the client's errors are of another file of the built command line, with classes of its own. */
function isPassing(
  error: unknown,
): error is KapsoError & Partial<Pick<KapsoNetworkError & KapsoApiError, 'sent' | 'retryAfter'>> {
  return isOurs(error) && 'disposition' in error && passing.some(one => one === error.disposition);
}

function unsent(cause: KapsoError): KapsoError {
  const hint = 'Nothing was sent: try again later';
  return new KapsoError('KAPSO_UNAVAILABLE', 'retry', cause.message, { hint, cause });
}

async function upload(file: OutgoingFile, deps: UploadDeps): Promise<string> {
  const { client, clock, deadline, reachWithin, line, signal } = deps;
  const pause = backoff(waits.send, Math.random);
  const begun = clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    let sent = 0;
    line?.beginUpload(file.name, () => sent / file.size);
    try {
      return await client.uploadMedia(file, {
        signal,
        onProgress: bytes => {
          sent = bytes;
        },
      });
    } catch (error) {
      if (!isPassing(error)) throw error;
      const unreached = error.sent === 'no';
      const wait = Math.max(error.retryAfter ?? 0, pause(attempt));
      if (clock.monotonic() - begun + wait > (unreached ? Math.min(deadline, reachWithin) : deadline)) {
        throw error.disposition === 'unknown' ? unsent(error) : error;
      }
      line?.because(error, 'repeat');
      await sleep(clock, wait, signal);
    } finally {
      line?.end();
    }
  }
}

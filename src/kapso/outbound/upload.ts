import type { FileHandle } from 'node:fs/promises';
import type { OutgoingFile } from '../../domain/content.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import { asId, asRecord } from '../../narrow.ts';
import { type Api, undocumented } from '../http/api.ts';
import { KapsoApiError, quote } from '../http/errors.ts';
import { multipartForm } from '../http/multipart.ts';
import { type Timeouts, within } from '../http/transport.ts';

export interface UploadOptions {
  signal: AbortSignal;
  /** Is told how many bytes of the file the network has taken so far. */
  onProgress?: ((sentBytes: number) => void) | undefined;
}

/** Meta's code for a type that it does not take, among others. */
const wrongParameter = 100;
/** Bytes that are read and sent at once. */
const piece = 128 * 1024;
/** Bytes a millisecond. What a slow line may need for the file, and Kapso to hand it on to Meta. */
const slowest = { line: 16, handingOn: 1024 };

interface Deps {
  api: Api;
  /** The path of the number's media. */
  path: string;
  /** Milliseconds that Kapso may be silent. */
  timeout: number;
}

/**
 * Uploads a file in the form that Meta documents ("Upload media"): `messaging_product`, `type`, and the file, whose own
 * content type is the one that Meta checks.
 *
 * Some reports say that Meta takes `audio/ogg; codecs=opus`, others that it takes only the bare type. So a type with a
 * parameter that is refused is declared again without it.
 */
export async function uploadFile(file: OutgoingFile, options: UploadOptions, deps: Deps): Promise<string> {
  try {
    return await uploadOnce(file, options, deps);
  } catch (error) {
    const [bare = '', parameter] = file.mimeType.split(/\s*;/);
    if (parameter === undefined || !(error instanceof KapsoApiError) || error.metaCode !== wrongParameter) throw error;
    return uploadOnce({ ...file, mimeType: bare }, options, deps);
  }
}

async function uploadOnce(
  file: OutgoingFile,
  { signal, onProgress }: UploadOptions,
  { api, path, timeout }: Deps,
): Promise<string> {
  const action = `uploading ${quote(file.name)}`;
  const source = await openAsSeen(file);
  let unreadable: KapsoWhatsappError | null = null;
  async function* bytes() {
    try {
      yield* read(source, file, onProgress);
    } catch (error) {
      unreadable = asUnreadable(file, error);
      throw unreadable;
    }
  }
  try {
    const { name, mimeType, size } = file;
    const fields = { messaging_product: 'whatsapp', type: mimeType };
    const form = multipartForm(fields, { name, mimeType, size, read: bytes });
    const timeouts = limitsFor(file.size, timeout);
    const { json, status } = await api({ method: 'POST', path, form, action, signal, timeouts });
    const id = asId(asRecord(json)?.id);
    if (id === null) throw undocumented(action, status, 'without the id of the file');
    return id;
  } catch (error) {
    throw unreadable ?? error;
  } finally {
    await source.close();
  }
}

/** The limits of an upload: they grow with the file, and silence ends it early. */
function limitsFor(size: number, timeout: number): Timeouts {
  return {
    ...within(timeout),
    headers: timeout + Math.ceil(size / slowest.handingOn),
    sending: timeout + Math.ceil(size / slowest.line),
    silence: timeout,
  };
}

/** Opens the file that was looked at before. Another of its name, or one that has grown, may not be sent unseen. */
async function openAsSeen(file: OutgoingFile): Promise<FileHandle> {
  let source: FileHandle;
  // Loaded here, since most starts of the command line send a text.
  const { open, constants } = process.getBuiltinModule('node:fs/promises');
  try {
    // A pipe would wait for its writer.
    source = await open(file.path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw asUnreadable(file, error);
  }
  const found = await source.stat();
  const isSame = file.inode === undefined || file.inode === `${found.dev}:${found.ino}`;
  if (found.isFile() && found.size === file.size && isSame) return source;
  await source.close();
  throw changed(file);
}

async function* read(source: FileHandle, file: OutgoingFile, onProgress: UploadOptions['onProgress']) {
  for (let at = 0; at < file.size; ) {
    const { bytesRead, buffer } = await source.read(Buffer.allocUnsafe(piece), 0, Math.min(piece, file.size - at), at);
    if (bytesRead === 0) throw changed(file);
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
    onProgress?.(at);
  }
}

function changed({ path }: OutgoingFile): KapsoWhatsappError {
  return new KapsoWhatsappError('SEND_FILE_UNREADABLE', `the file ${quote(path)} changed before it was uploaded`, {
    hint: 'Nothing was sent. Send it again when nothing writes it any more.',
  });
}

function asUnreadable({ path }: OutgoingFile, cause: unknown): KapsoWhatsappError {
  if (cause instanceof KapsoWhatsappError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new KapsoWhatsappError('SEND_FILE_UNREADABLE', `the file ${quote(path)} cannot be read: ${quote(why)}`, {
    hint: 'Nothing was sent. Check that the file is still there and may be read.',
    cause,
  });
}

/** What a media message needs before it can leave: its file is taken where that is still to be done, and uploaded. */
import { GatewayError } from '../agents/agent.ts';
import { withoutCaption } from '../domain/caption.ts';
import type { Content, MediaContent, OutgoingFile } from '../domain/content.ts';
import { writeContent } from '../domain/outgoing-body.ts';
import { isOurs } from '../errors.ts';
import { captionRow, type Outgoing, type Refusal } from '../store/outbox.ts';
import { waits } from '../waits.ts';
import type { Turn } from './lanes.ts';
import { fail, putOff, rest, type SendParts } from './reply-ends.ts';

/** Meta's code for a bad parameter, as of a media id that is not valid any more. */
const badParameter = 100;

/**
 * Makes a message ready to leave. The id of an upload is kept in its row before that, so that a crash sends nothing twice
 * and uploads at most once more. Returns the end of the turn where it cannot leave now, or at all.
 */
export async function readyToSend(
  parts: SendParts,
  row: Outgoing,
  given: Content,
): Promise<{ content: Content } | { turn: Turn }> {
  if (given.kind !== 'media') return { content: given };
  const content = await taken(parts, row, given);
  if ('away' in content) {
    return {
      turn: await rest(parts, row, { ms: waits.reply.longest, reason: content.away, resend: true, counted: false }),
    };
  }
  if ('reason' in content) return { turn: await failMedia(parts, row, given, content) };
  const { source } = content;
  if (!('file' in source) || source.uploaded !== undefined) return { content };
  if ((parts.othersMayTake ?? 0) > 0 && !(await parts.media.isHere(source.file))) {
    return { turn: await leaveToItsMachine(parts, row, content, source.file) };
  }
  const result = await parts.kapso.upload(source.file, parts.signal);
  switch (result.kind) {
    case 'uploaded': {
      const ready = { ...content, source: { ...source, uploaded: result.id } };
      await parts.outbox.revise(row.id, writeContent(ready));
      return { content: ready };
    }
    case 'not now':
      return { turn: await putOff(parts, row, result) };
    case 'refused':
      return { turn: await failMedia(parts, row, content, result) };
  }
}

/** Leaves a message to the machine that has its file, for a while. Then the file is given up. */
async function leaveToItsMachine(
  parts: SendParts,
  row: Outgoing,
  content: MediaContent,
  { path, machine = 'another machine' }: OutgoingFile,
): Promise<Turn> {
  const { clock, outbox, emit } = parts;
  const { again, givenUp } = waits.fileElsewhere;
  const known = parts.progress.of(row.id);
  known.fileMissedSince ??= clock.monotonic();
  const where = `Its file is on ${machine}, as ${path}`;
  if (clock.monotonic() - known.fileMissedSince >= givenUp) {
    const minutes = Math.round(givenUp / 60_000);
    const reason = `${where}, and no poller there has sent it within ${minutes} minutes. Start that one, and retry it`;
    return failMedia(parts, row, content, { reason, code: null });
  }
  const reason = `${where}: it waits for the poller there`;
  if (row.reason !== reason) {
    emit({ type: 'reply put off', message: row.message, reply: row.id, reason, operator: false, pause: again });
    // For others it is due.
    await outbox.defer(row.id, { until: clock.now(), reason, counted: false, resend: true });
  }
  return { until: clock.now() + again };
}

/** Takes what could not be taken when the run ended: an operator has retried it, and may have changed what stood against it. */
async function taken(
  { media, signal }: SendParts,
  row: Outgoing,
  content: MediaContent,
): Promise<MediaContent | { reason: string; code: null } | { away: string }> {
  const { source } = content;
  if (!('named' in source)) return content;
  try {
    return { ...content, ...(await media.take(row.id, source, { message: row.message, signal })) };
  } catch (error) {
    if (signal.aborted || !isOurs(error)) throw error;
    // It says where the agent works.
    if (error instanceof GatewayError) return { away: error.message };
    return { reason: error.hint === undefined ? error.message : `${error.message}. ${error.hint}`, code: null };
  }
}

/** The content as it is sent: the id of an uploaded file in the place of the file. */
export function asSent(content: Content): Content {
  if (content.kind !== 'media' || !('file' in content.source)) return content;
  const { uploaded } = content.source;
  return uploaded === undefined ? content : { ...content, source: { id: uploaded } };
}

/** The content with its file to be uploaded anew, where Meta refused a parameter of it: an id lives for 30 days. */
export function toUploadAnew(content: Content, code: number | null): MediaContent | null {
  if (code !== badParameter || content.kind !== 'media' || !('file' in content.source)) return null;
  return { ...content, source: { file: content.source.file } };
}

/** Gives a media message up. What follows it in the answer is sent all the same, and its caption as a text. */
export function failMedia(
  parts: SendParts,
  row: Outgoing,
  content: MediaContent,
  refusal: Pick<Refusal, 'reason' | 'code'>,
): Promise<Turn> {
  const { reason, code } = refusal;
  const apart = withoutCaption(content);
  const text = apart && { body: writeContent(apart.rest), instead: [captionRow(row, writeContent(apart.text))] };
  return fail(parts, row, { reason, code, alone: true, ...text });
}

import { createReadStream } from 'node:fs';
import { sleep } from '../../clock.ts';
import { parseJson, retryAfter } from '../../kapso/http/api-error.ts';
import { KapsoNetworkError, quote } from '../../kapso/http/errors.ts';
import { describeNetworkFailure } from '../../kapso/http/network-failure.ts';
import { openTransport } from '../../kapso/http/open-transport.ts';
import type { StreamedBody, Timeouts, Transport, TransportResponse } from '../../kapso/http/transport.ts';
import { asLabel, asRecord, asString } from '../../narrow.ts';
import { version } from '../../version.ts';
import { backoff, waits } from '../../waits.ts';
import { NoTextError } from '../text-of.ts';
import type { Attempt } from './attempt.ts';

export interface ServiceRequest {
  url: URL;
  /** The header with the key, where there is one. */
  authorization?: string | undefined;
  /** Is called for each attempt, with what reads the file. */
  body: (read: StreamedBody['read']) => StreamedBody & { contentType: string };
}

/**
 * Posts audio to a service until it answers, and returns the answer's JSON. The key goes to the origin of the address
 * alone: no redirect is followed. Refusals that pass (429, 5xx, a network that fails) are tried again within the time
 * limit.
 *
 * @throws NoTextError, and the signal's reason when that aborts
 */
export async function askService(attempt: Attempt, request: ServiceRequest): Promise<unknown> {
  const { clock, signal, endsAt, random, proxyTo, settings } = attempt;
  const pause = backoff(waits.transcription, random);
  const transport = openTransport({ proxy: proxyTo(request.url.origin) });
  try {
    for (let failures = 1; ; failures += 1) {
      const outcome = await ask(attempt, request, transport);
      if ('json' in outcome) return outcome.json;
      const { reason, hint, passes, wanted } = outcome;
      const wait = Math.max(wanted ?? 0, pause(failures));
      const inTime = wait <= waits.transcription.asked && clock.monotonic() + wait < endsAt;
      if (!passes || !inTime || failures >= waits.transcription.attempts) {
        const asked = passes && !inTime && wanted !== null ? `, and asks to wait ${Math.ceil(wanted / 1000)} s` : '';
        throw new NoTextError(`${asLabel(quote(reason, secretsIn(settings)), 300)}${asked}`, hint);
      }
      await sleep(clock, wait, signal);
    }
  } finally {
    transport.close();
  }
}

interface Failure {
  reason: string;
  hint?: string | undefined;
  /** Whether another attempt may succeed. */
  passes: boolean;
  /** Milliseconds that the service wants to pass before another attempt; null when it does not say. */
  wanted: number | null;
}

async function ask(
  { signal, clock, endsAt, file }: Attempt,
  { url, authorization, body }: ServiceRequest,
  transport: Transport,
): Promise<Failure | { json: unknown }> {
  let unreadable: NoTextError | null = null;
  const { contentType, ...stream } = body(async function* () {
    try {
      yield* createReadStream(file.path);
    } catch (error) {
      unreadable = new NoTextError(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
      throw unreadable;
    }
  });
  try {
    const response = await transport({
      method: 'POST',
      url,
      headers: {
        accept: 'application/json',
        'content-type': contentType,
        'user-agent': `kapso-whatsapp/${version}`,
        ...(authorization === undefined ? {} : { authorization }),
      },
      stream,
      signal,
      timeouts: limits(endsAt - clock.monotonic()),
    });
    if (response.status < 200 || response.status > 299) return refusal(response, clock.now());
    const json = parseJson(response.body);
    if (json !== null) return { json };
    return {
      ...permanent,
      reason: 'the transcription service answered with something that is no JSON',
      hint: checkAddress,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (unreadable !== null || !(error instanceof KapsoNetworkError)) throw unreadable ?? error;
    const why = error.cause === undefined ? error.message : describeNetworkFailure(error.cause);
    return {
      reason: `the transcription service cannot be reached: ${why}`,
      hint: checkAddress,
      passes: true,
      wanted: null,
    };
  }
}

const permanent = { passes: false, wanted: null } as const;
const checkAddress = 'Check transcribe.baseUrl (KAPSO_TRANSCRIBE_BASE_URL), and that the service runs.';

/** The service answers when it has heard all of the audio, which may take as long as there is. */
function limits(left: number): Timeouts {
  return { connect: 10_000, headers: left, body: 30_000, sending: left, silence: 30_000 };
}

function refusal({ status, headers, body }: TransportResponse, now: number): Failure {
  const said = messageIn(body);
  const label = `the transcription service refused it (HTTP ${status})${said ? `: ${said}` : ''}`;
  if (status >= 300 && status <= 399) {
    const reason = `the transcription service sent it elsewhere (HTTP ${status}), where neither the key nor the audio went`;
    return { ...permanent, reason, hint: checkAddress };
  }
  // OpenAI says so with 429. No time changes it.
  const unpaid = status === 402 || /insufficient_quota/.test(body);
  const passes = !unpaid && (status === 429 || status === 408 || status === 409 || status >= 500);
  return { reason: label, hint: hintFor(status, unpaid), passes, wanted: passes ? retryAfter(headers, now) : null };
}

function hintFor(status: number, unpaid: boolean): string | undefined {
  if (unpaid) return 'Check the account and the payment at the transcription service.';
  if (status === 401 || status === 403) return 'Check transcribe.apiKey (KAPSO_TRANSCRIBE_API_KEY).';
  if (status === 404) return 'Check transcribe.baseUrl and transcribe.model.';
  return undefined;
}

/** The words of an error, in the forms of OpenAI (`error.message`), Deepgram (`err_msg`, `message`) and FastAPI (`detail`). */
function messageIn(body: string): string {
  const answer = asRecord(parseJson(body));
  if (answer === null) return '';
  const error = asRecord(answer.error);
  const texts = [error?.message, answer.error, answer.err_msg, answer.message, answer.detail];
  return texts.map(asString).find(text => text !== null) ?? '';
}

function secretsIn({ apiKey }: Attempt['settings']): string[] {
  return apiKey === undefined ? [] : [apiKey];
}

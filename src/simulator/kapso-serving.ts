import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Admission } from './admission.ts';
import { type Answer, BadRequest, type Request, readRequest, send } from './http.ts';
import { asObject, asText } from './json.ts';
import { act, isUpload, type KapsoApi, kindOf } from './kapso-api.ts';
import { handleKapsoControl, type KapsoControl, type RequestRecord } from './kapso-control.ts';
import { kapsoError } from './kapso-errors.ts';
import type { Fault } from './kapso-faults.ts';
import type { RateLimit } from './rate-limit.ts';

export interface KapsoServing {
  clock: Clock;
  api: KapsoApi;
  control: KapsoControl;
  rateLimit: RateLimit;
  admission: Admission;
  /** Cancels what is still to be done for requests that were answered before. */
  late: Set<() => void>;
}

/** Enough to look back at, and no leak in a long run. */
const keptRequests = 10_000;

/** Answers one HTTP request, to the API or to the control interface, with the faults that were injected. Never rejects. */
export async function serveKapso(
  message: IncomingMessage,
  response: ServerResponse,
  serving: KapsoServing,
): Promise<void> {
  try {
    const { control, admission } = serving;
    const request = readRequest(message);
    const refusal = admission.refusal({ headers: message.headers, path: request.path });
    if (refusal !== null) return send(response, refusal);
    response.setHeader('Date', new Date(control.now()).toUTCString());
    if (request.path.startsWith('/__sim/')) send(response, await handleKapsoControl(request, control));
    else await serveApi(request, response, serving);
  } catch (error) {
    if (response.headersSent) return void message.destroy();
    const bad = error instanceof BadRequest;
    const text = error instanceof Error ? error.message : String(error);
    send(response, kapsoError(bad ? 400 : 500, bad ? 'Bad Request' : 'Internal Server Error', text));
  }
}

async function serveApi(request: Request, response: ServerResponse, serving: KapsoServing): Promise<void> {
  const { clock, api, control, rateLimit } = serving;
  const { method, path, message } = request;
  // An upload is no JSON, and is read where it is kept.
  const isJson = (method === 'POST' && !isUpload(request)) || method === 'PATCH';
  const body = isJson ? await request.json() : null;
  const kind = kindOf(request, body);
  const record = keepRecord(request, kind, control);
  const answer = (reply: Answer) => {
    record.status = reply.status;
    send(response, reply);
  };
  const fault = control.faults.take({ kind, method, path, to: recipientIn(body) });
  if (fault && fault.delay > 0) await new Promise<void>(resolve => clock.after(fault.delay, resolve));
  if (fault?.actAfter === 0) await act(request, body, api);
  else if (fault && fault.actAfter !== null) actLater(fault.actAfter, () => act(request, body, api), serving);
  const limit = rateLimit.take(control.settings.current.rateLimit);
  for (const [name, value] of Object.entries(limit.headers)) response.setHeader(name, value);
  for (const [name, value] of Object.entries(addedHeaders(fault))) response.setHeader(name, value);
  switch (fault?.action.do) {
    case 'hang':
      break;
    case 'reset':
      message.socket.resetAndDestroy();
      break;
    case 'answer':
      answer(fault.action);
      break;
    case 'drop-after-commit':
      await act(request, body, api);
      message.socket.resetAndDestroy();
      break;
    case 'cut':
    case 'stall': {
      const { action } = fault;
      const reply = await act(request, body, api);
      const broken = reply.body instanceof Readable ? brokenAfter(reply.body, action.bytes, action.do) : reply.body;
      answer({ ...reply, body: broken });
      break;
    }
    default:
      answer(limit.refusal ?? (await act(request, body, api)));
  }
  control.counters.add('requests');
  // A read mark or a reaction is counted when it is made, whatever becomes of the answer.
  if (kind !== 'read' && kind !== 'react') control.counters.add(kind);
}

/** The first bytes of a file. What follows never comes, or is the end of the connection. */
function brokenAfter(file: Readable, bytes: number, what: 'cut' | 'stall'): Readable {
  async function* pieces() {
    let left = bytes;
    for await (const piece of file as AsyncIterable<Buffer>) {
      if (left > 0) yield piece.subarray(0, left);
      left -= piece.length;
      if (left <= 0) break;
    }
    if (what === 'stall') await new Promise(() => undefined);
    throw new Error('cut off by a fault');
  }
  return Readable.from(pieces());
}

function recipientIn(body: unknown): string | null {
  const { to, recipient } = asObject(body);
  return asText(to)?.replace(/^\+/, '') ?? asText(recipient);
}

function addedHeaders(fault: Fault | null): Readonly<Record<string, string>> {
  return fault?.action.do === 'pass' ? fault.action.headers : {};
}

function keepRecord({ method, path, query, message }: Request, kind: string, control: KapsoControl): RequestRecord {
  const { requests, now } = control;
  const headers = Object.keys(message.headers);
  const record: RequestRecord = {
    ...{ kind, method, path, headers },
    query: Object.fromEntries(query),
    status: null,
    at: now(),
  };
  requests.push(record);
  if (requests.length > keptRequests) requests.shift();
  return record;
}

function actLater(ms: number, work: () => Promise<unknown>, { clock, late }: KapsoServing): void {
  const cancel = clock.after(ms, () => {
    late.delete(cancel);
    void work();
  });
  late.add(cancel);
}

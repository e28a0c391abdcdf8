import { done, invalid, missingScope, type Reply, restarting, type Shape, violation } from './gateway-frames.ts';
import type { Runs } from './gateway-runs.ts';
import { canonicalSession } from './gateway-sessions.ts';
import { asNumber, asObject, asText, isObject, type JsonObject } from './json.ts';
import type { Row, Session, Transcript } from './transcript.ts';

export interface MethodDeps {
  runs: Runs;
  transcript: Transcript;
  /** Milliseconds since the epoch. */
  now: () => number;
  draining: () => boolean;
}

export interface Call {
  method: string;
  params: unknown;
  scopes: readonly string[];
}

/** What the caller gets; `second` is a later response under the same request id. */
export interface Called {
  first: Reply;
  second: Promise<Reply> | null;
}

const only = (first: Reply): Called => ({ first, second: null });

/** What the simulator answers, with the scopes of which one is needed. */
const methods: Record<string, { scopes: string[]; call: (params: JsonObject, deps: MethodDeps) => Promise<Called> }> = {
  agent: { scopes: ['operator.write'], call: callAgent },
  'agent.wait': { scopes: ['operator.write'], call: callWait },
  'chat.history': { scopes: ['operator.read', 'operator.write'], call: callHistory },
  health: {
    scopes: ['operator.read', 'operator.write'],
    call: async (_, { now }) => only(done({ ok: true, ts: now(), durationMs: 0 })),
  },
};

/** Real methods of the gateway that this one does not play: better an error than a false success. */
const notPlayed =
  'chat.send chat.abort chat.inject sessions.list sessions.describe sessions.patch sessions.send sessions.create sessions.messages.subscribe skills.status send wake system-event'.split(
    ' ',
  );

export const methodNames: readonly string[] = Object.keys(methods);

/** Answers one request of a connected client. */
export async function callMethod({ method, params, scopes }: Call, deps: MethodDeps): Promise<Called> {
  if (deps.draining()) return only(restarting());
  const known = Object.hasOwn(methods, method) ? methods[method] : undefined;
  const admin = scopes.includes('operator.admin');
  if (notPlayed.includes(method)) return only(invalid(`${method} is not part of the simulator`));
  if (!known) return only(admin ? invalid(`unknown method: ${method}`) : missingScope('operator.admin'));
  const [needed = 'operator.admin'] = known.scopes;
  if (!admin && !known.scopes.some(scope => scopes.includes(scope))) return only(missingScope(needed));
  return known.call(asObject(params), deps);
}

const agentShape: Shape = {
  message: 'text',
  idempotencyKey: 'text',
  sessionKey: 'string?',
  agentId: 'text?',
  extraSystemPrompt: 'string?',
  attachments: 'array?',
  timeout: 'integer?',
  thinking: 'string?',
  label: 'text?',
  model: 'string?',
  provider: 'string?',
};

async function callAgent(params: JsonObject, { runs }: MethodDeps): Promise<Called> {
  const bad = violation(params, agentShape);
  if (bad !== null) return only(invalid(`invalid agent params: ${bad}`));
  if (params.model !== undefined || params.provider !== undefined) {
    return only(invalid('provider/model overrides are not authorized for this caller.'));
  }
  const text = String(params.message);
  if (/^\s*\/(new|reset)\b/i.test(text)) return only(missingScope('operator.admin'));
  const attachments = Array.isArray(params.attachments) ? params.attachments : [];
  const other = attachments.find(item => !String(asObject(item).mimeType).startsWith('image/'));
  if (other !== undefined) {
    const type = asText(asObject(other).mimeType) ?? 'unknown';
    return only(
      invalid(`UnsupportedAttachmentError: non-image attachments (${type}) are not supported on this entrypoint`),
    );
  }
  const canonical = canonicalSession(asText(params.sessionKey));
  if ('refusal' in canonical) return only(canonical.refusal);
  return runs.start({
    session: canonical.session,
    key: String(params.idempotencyKey),
    text,
    systemPrompt: asText(params.extraSystemPrompt),
    timeout: params.timeout === undefined || params.timeout === 0 ? null : Number(params.timeout),
  });
}

async function callWait(params: JsonObject, { runs }: MethodDeps): Promise<Called> {
  const bad = violation(params, { runId: 'text', timeoutMs: 'integer?' });
  if (bad !== null) return only(invalid(`invalid agent.wait params: ${bad}`));
  return only(done(await runs.wait(String(params.runId), asNumber(params.timeoutMs, 30_000))));
}

const historyShape: Shape = {
  sessionKey: 'text',
  agentId: 'text?',
  cursor: 'string?',
  limit: 'integer?',
  offset: 'integer?',
  pendingBefore: 'integer?',
  inputRunIds: 'array?',
  messageId: 'text?',
  sessionId: 'text?',
  maxChars: 'integer?',
};
/** `pendingInputs` comes in pages of this many, newest page first. */
const pendingPage = 20;

async function callHistory(params: JsonObject, { runs, transcript }: MethodDeps): Promise<Called> {
  const bad = violation(params, historyShape);
  if (bad !== null) return only(invalid(`invalid chat.history params: ${bad}`));
  if (params.cursor !== undefined || params.messageId !== undefined || params.offset !== undefined) {
    return only(invalid('cursor, offset and messageId are not part of the simulator'));
  }
  const canonical = canonicalSession(String(params.sessionKey));
  if ('refusal' in canonical) return only(canonical.refusal);
  const { session: sessionKey } = canonical;
  const session = transcript.find(sessionKey);
  const { running, any } = runs.active(sessionKey);
  const receipts = Array.isArray(params.inputRunIds)
    ? {
        inputReceipts: params.inputRunIds
          .filter(id => session?.pending.has(String(id)))
          .map(runId => ({ runId, state: 'pending' })),
      }
    : {};
  return only(
    done({
      sessionKey,
      ...(session ? { sessionId: session.id } : {}),
      messages: (session?.rows ?? []).filter(isShown).slice(-asNumber(params.limit, 200)),
      sessionInfo: { key: sessionKey, hasActiveRun: any },
      ...(running === null ? {} : { inFlightRun: { runId: running } }),
      pendingInputs: pendingInputs(session, asNumber(params.pendingBefore, Number.MAX_SAFE_INTEGER)),
      ...receipts,
    }),
  );
}

/** An answer that is only the silence token is kept but not shown. */
function isShown(row: Row): boolean {
  if (row.role !== 'assistant' || !Array.isArray(row.content)) return true;
  const [only, ...more] = row.content;
  return !(more.length === 0 && isObject(only) && only.text === 'NO_REPLY');
}

function pendingInputs(session: Session | undefined, before: number): JsonObject {
  const all = [...(session?.pending.values() ?? [])];
  const page = all.filter(({ seq }) => seq < before).slice(-pendingPage);
  const [first] = page;
  const more = first !== undefined && all.some(({ seq }) => seq < first.seq);
  return {
    items: page.map(({ id, runId, text, acceptedAt, state }) => ({
      id,
      runId,
      message: { role: 'user', content: text, timestamp: acceptedAt },
      acceptedAt,
      state,
    })),
    total: all.length,
    ...(more ? { nextBefore: first.seq } : {}),
  };
}

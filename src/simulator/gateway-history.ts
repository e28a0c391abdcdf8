import { done, invalid, type Reply, type Shape, violation } from './gateway-frames.ts';
import type { Runs } from './gateway-runs.ts';
import { canonicalSession } from './gateway-sessions.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { asNumber, isObject, type JsonObject } from './json.ts';
import type { ModelRun, Row, Session, Transcript } from './transcript.ts';

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
/** The page size of `pendingInputs`. The newest page comes first. */
const pendingPage = 20;

export interface HistoryDeps {
  runs: Runs;
  transcript: Transcript;
  settings: Pick<GatewaySettings, 'agents'>;
}

/** `chat.history`: the session's rows from its end, its pending inputs and its runs, as recorded from openclaw 2026.9.6. */
export function readHistory(params: JsonObject, { runs, transcript, settings }: HistoryDeps): Reply {
  const bad = violation(params, historyShape);
  if (bad !== null) return invalid(`invalid chat.history params: ${bad}`);
  if (params.cursor !== undefined || params.messageId !== undefined) {
    return invalid('cursor and messageId are not part of the simulator');
  }
  const canonical = canonicalSession(String(params.sessionKey), settings);
  if ('refusal' in canonical) return canonical.refusal;
  const sessionKey = canonical.session;
  const session = transcript.find(sessionKey);
  const { running, any } = runs.active(sessionKey);
  const asked = Array.isArray(params.inputRunIds) ? params.inputRunIds.map(String) : [];
  const run = session?.lastRun ?? null;
  return done({
    sessionKey,
    ...(session ? { sessionId: session.id } : {}),
    ...rows(session?.rows ?? [], asNumber(params.offset, 0), asNumber(params.limit, 200)),
    pendingInputs: pendingInputs(session, asNumber(params.pendingBefore, Number.MAX_SAFE_INTEGER)),
    inputReceipts: asked.filter(runId => session?.pending.has(runId)).map(runId => ({ runId, state: 'pending' })),
    inputConsumptions: [],
    sessionInfo: {
      key: sessionKey,
      ...(session ? { sessionId: session.id } : {}),
      hasActiveRun: any,
      ...(any ? {} : { activeRunIds: [] }),
      ...(run ? runInfo(run) : {}),
    },
    ...(running === null
      ? {}
      : { inFlightRun: { runId: running, text: '', startedAt: run?.at, sessionAbortable: true } }),
  });
}

/** `offset` counts shown rows from the end. */
function rows(all: readonly Row[], offset: number, limit: number): JsonObject {
  const shown = all.filter(isShown);
  const end = Math.max(0, shown.length - offset);
  const start = Math.max(0, end - limit);
  return {
    messages: shown.slice(start, end),
    hasMore: start > 0,
    ...(start > 0 ? { nextOffset: shown.length - start } : {}),
    totalMessages: all.length,
  };
}

/** A run that a restart cut off still counts as running until the gateway resumes it. */
function runInfo({ status, at, endedAt }: ModelRun): JsonObject {
  const over = status === 'ok' ? 'done' : 'failed';
  return {
    status: status === 'running' || status === 'lost' ? 'running' : over,
    abortedLastRun: status === 'lost',
    startedAt: at,
    ...(endedAt === null ? {} : { endedAt }),
  };
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
      message: {
        role: 'user',
        content: text,
        timestamp: acceptedAt,
        __openclaw: { senderIsOwner: false, id: `pending:${id}` },
      },
      acceptedAt,
      state,
    })),
    total: all.length,
    ...(more ? { nextBefore: first.seq } : {}),
  };
}

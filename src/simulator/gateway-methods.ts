import { readAttachments } from './gateway-attachments.ts';
import { done, invalid, missingScope, type Reply, restarting, type Shape, violation } from './gateway-frames.ts';
import { readHistory } from './gateway-history.ts';
import type { Runs } from './gateway-runs.ts';
import { canonicalSession } from './gateway-sessions.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { asNumber, asObject, asText, type JsonObject } from './json.ts';
import type { Transcript } from './transcript.ts';

export interface MethodDeps {
  runs: Runs;
  transcript: Transcript;
  /** Milliseconds since the epoch. */
  now: () => number;
  draining: () => boolean;
  settings: Pick<GatewaySettings, 'agents' | 'seesImages' | 'workspace'>;
  /** The connection that calls. */
  connection: object;
}

export interface Call {
  method: string;
  params: unknown;
  scopes: readonly string[];
}

/** The answer. `second` is a later response under the same request id. */
export interface Called {
  first: Reply;
  second: Promise<Reply> | null;
}

const only = (first: Reply): Called => ({ first, second: null });

/** The methods that the simulator answers. A caller needs one of the scopes. */
const methods: Record<string, { scopes: string[]; call: (params: JsonObject, deps: MethodDeps) => Promise<Called> }> = {
  agent: { scopes: ['operator.write'], call: callAgent },
  'chat.abort': { scopes: ['operator.write'], call: async (params, deps) => only(callAbort(params, deps)) },
  'agents.list': {
    scopes: ['operator.read'],
    call: async (_, { settings }) => only(done(listAgents(settings))),
  },
  'agent.wait': { scopes: ['operator.write'], call: callWait },
  'chat.history': {
    scopes: ['operator.read', 'operator.write'],
    call: async (params, deps) => only(readHistory(params, deps)),
  },
  'skills.status': {
    scopes: ['operator.read'],
    call: async (params, { settings }) => only(listSkills(params, settings)),
  },
  health: {
    scopes: ['operator.read', 'operator.write'],
    call: async (_, { now }) => only(done({ ok: true, ts: now(), durationMs: 0 })),
  },
};

/** Real methods that this gateway does not play. An error is better than a false success. */
const notPlayed = (
  'chat.send chat.inject sessions.list sessions.describe sessions.patch sessions.send sessions.create ' +
  'sessions.messages.subscribe send wake system-event'
).split(' ');

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

async function callAgent(params: JsonObject, { runs, settings, connection }: MethodDeps): Promise<Called> {
  const bad = violation(params, agentShape);
  if (bad !== null) return only(invalid(`invalid agent params: ${bad}`));
  if (params.model !== undefined || params.provider !== undefined) {
    return only(invalid('provider/model overrides are not authorized for this caller.'));
  }
  const text = String(params.message);
  if (/^\s*\/(new|reset)\b/i.test(text)) return only(missingScope('operator.admin'));
  const attached = readAttachments(params.attachments, settings);
  if ('refusal' in attached) return only(attached.refusal);
  const canonical = canonicalSession(asText(params.sessionKey), settings);
  if ('refusal' in canonical) return only(canonical.refusal);
  const input = {
    session: canonical.session,
    key: String(params.idempotencyKey),
    text,
    images: attached.images,
    systemPrompt: asText(params.extraSystemPrompt),
    timeout: params.timeout === undefined || params.timeout === 0 ? null : Number(params.timeout),
  };
  return runs.start(input, connection);
}

/** The agents and where they work, as recorded from openclaw 2026.9.6. */
function listAgents({ agents, workspace }: MethodDeps['settings']): JsonObject {
  const others = agents.split(',').filter(id => id !== '');
  const told = workspace === '' ? {} : { workspace };
  return { defaultId: 'main', mainKey: 'main', agents: ['main', ...others].map(id => ({ id, ...told })) };
}

/** The skill that the project has, ready for use, as recorded from openclaw 2026.9.6. Faults of `reshape` change it. */
function listSkills(params: JsonObject, { agents }: MethodDeps['settings']): Reply {
  const bad = violation(params, { agentId: 'text?' });
  if (bad !== null) return invalid(`invalid skills.status params: ${bad}`);
  const agentId = asText(params.agentId) ?? 'main';
  if (!['main', ...agents.split(',')].includes(agentId)) return invalid(`unknown agent id "${agentId}"`);
  const ready = { disabled: false, blockedByAllowlist: false, blockedByAgentFilter: false, eligible: true };
  const missing = { bins: [], anyBins: [], env: [], config: [], os: [] };
  return done({ agentId, skills: [{ name: 'kapso-whatsapp', ...ready, modelVisible: true, missing }] });
}

function callAbort(params: JsonObject, { runs, settings, connection }: MethodDeps): Reply {
  const bad = violation(params, { sessionKey: 'text', runId: 'text' });
  if (bad !== null) return invalid(`invalid chat.abort params: ${bad}`);
  const canonical = canonicalSession(asText(params.sessionKey), settings);
  if ('refusal' in canonical) return canonical.refusal;
  const runId = String(params.runId);
  const aborted = runs.abort(canonical.session, runId, connection);
  if (aborted === 'unauthorized') return invalid('unauthorized');
  return done({ ok: true, aborted, runIds: aborted ? [runId] : [] });
}

async function callWait(params: JsonObject, { runs }: MethodDeps): Promise<Called> {
  const bad = violation(params, { runId: 'text', timeoutMs: 'integer?' });
  if (bad !== null) return only(invalid(`invalid agent.wait params: ${bad}`));
  return only(done(await runs.wait(String(params.runId), asNumber(params.timeoutMs, 30_000))));
}

import { asNumber, asObject, asText, isObject, type JsonObject } from './json.ts';

/** The purpose of a request, by which faults and counters name it. */
export type RequestKind = Exclude<(typeof kinds)[number], 'any'>;

export type FaultAction =
  /** Gives this answer instead. */
  | { do: 'answer'; status: number; body: unknown; headers: Record<string, string> }
  /** Resets the connection before anything is done. */
  | { do: 'reset' }
  /** Never answers. */
  | { do: 'hang' }
  /** Gives so many bytes of a file, then resets the connection, or gives no more. */
  | { do: 'cut' | 'stall'; bytes: number }
  /** Does what was asked, then resets the connection. The sender cannot know that it was done. */
  | { do: 'drop-after-commit' }
  /** Answers normally, but late or with these headers, e.g. a wrong `Date`. */
  | { do: 'pass'; headers: Record<string, string> };

export interface Fault {
  kind: RequestKind | 'any';
  method: string | null;
  /** A part of the path. */
  path: string | null;
  /** The recipient of a send: digits, or a business-scoped user id. */
  to: string | null;
  /** Milliseconds before the action. */
  delay: number;
  /** Milliseconds after the fault until the request is carried out all the same. Null when the fault decides that. */
  actAfter: number | null;
  /** How often the fault still happens. */
  count: number;
  action: FaultAction;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  list(): Fault[];
  /** Returns the first fault for the request and counts it down. `to` is the recipient of a send; null otherwise. */
  take(request: { kind: RequestKind; method: string; path: string; to: string | null }): Fault | null;
}

export function createFaults(): Faults {
  let faults: Fault[] = [];
  return {
    add: fault => faults.push(fault),
    clear: () => {
      faults = [];
    },
    list: () => faults.map(fault => ({ ...fault })),
    take: request => {
      const fault = faults.find(
        candidate =>
          (candidate.kind === 'any' || candidate.kind === request.kind) &&
          (candidate.method === null || candidate.method === request.method) &&
          (candidate.path === null || request.path.includes(candidate.path)) &&
          (candidate.to === null || candidate.to === request.to),
      );
      if (!fault) return null;
      fault.count -= 1;
      if (fault.count <= 0) faults = faults.filter(candidate => candidate !== fault);
      return fault;
    },
  };
}

const kinds = [
  ...(['list', 'get', 'send', 'react', 'read', 'upload', 'media', 'download', 'templates'] as const),
  ...(['webhooks', 'other', 'any'] as const),
];

/**
 * Parses a fault: `{kind?, method?, path?, to?, delay?, count? (1), do?: 'reset'|'hang'|'cut'|'stall'|'drop-after-commit'|'pass',
 * bytes?, status?, body?, headers?, actAfter?}`. `bytes` goes with `cut` and `stall`, which concern downloads. `actAfter` goes
 * with a status, `reset` or `hang`: the request is carried out that many milliseconds later, although the client believes that
 * it was not. Throws a RangeError that says what is wrong.
 */
export function parseFault(value: unknown): Fault {
  const input = asObject(value);
  const kind = kinds.find(name => name === (input.kind ?? 'any'));
  if (kind === undefined) throw new RangeError(`kind must be one of ${kinds.join(', ')}`);
  return {
    kind,
    method: asText(input.method),
    path: asText(input.path),
    to: asText(input.to)?.replace(/^\+/, '') ?? null,
    delay: asNumber(input.delay, 0),
    actAfter: parseActAfter(input),
    count: asNumber(input.count, 1),
    action: parseAction(input),
  };
}

function parseActAfter(input: JsonObject): number | null {
  if (input.actAfter === undefined) return null;
  const ms = input.actAfter;
  if (typeof ms !== 'number' || !(ms >= 0)) throw new RangeError('actAfter must be milliseconds, 0 or more');
  if (typeof input.status === 'number' || input.do === 'reset' || input.do === 'hang') return ms;
  throw new RangeError('actAfter goes with a status, or with do: reset or hang');
}

function parseAction(input: JsonObject): FaultAction {
  const named = Object.entries(asObject(input.headers)).map(([name, text]) => [name, String(text)]);
  const headers = Object.fromEntries(named) as Record<string, string>;
  if (typeof input.status === 'number') {
    const body = isObject(input.body) || typeof input.body === 'string' ? input.body : { error: 'Injected fault' };
    return { do: 'answer', status: input.status, body, headers };
  }
  const action = input.do ?? (input.delay === undefined && named.length === 0 ? undefined : 'pass');
  if (action === 'pass') return { do: action, headers };
  if (action === 'reset' || action === 'hang' || action === 'drop-after-commit') return { do: action };
  if (action === 'cut' || action === 'stall') return { do: action, bytes: asNumber(input.bytes, 0) };
  throw new RangeError('a fault needs a status, or do: reset, hang, cut, stall, drop-after-commit or pass');
}

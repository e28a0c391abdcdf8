import { asNumber, asObject, asText, isObject, type JsonObject } from './json.ts';

/** What a request is for, so that faults and counters can name it. */
export type RequestKind = 'list' | 'get' | 'send' | 'read' | 'webhooks' | 'other';

export type FaultAction =
  /** Answers this instead. */
  | { do: 'answer'; status: number; body: unknown; headers: Record<string, string> }
  /** Resets the connection before anything is done. */
  | { do: 'reset' }
  /** Never answers. */
  | { do: 'hang' }
  /** Does what was asked and then resets the connection: the sender cannot know. */
  | { do: 'drop-after-commit' }
  /** Only late, or with these headers, e.g. a `Date` that lies. */
  | { do: 'pass'; headers: Record<string, string> };

export interface Fault {
  kind: RequestKind | 'any';
  method: string | null;
  /** A part of the path. */
  path: string | null;
  /** Milliseconds before the action. */
  delay: number;
  /** Milliseconds after the action when what was asked is done all the same; null where the action decides. */
  actAfter: number | null;
  /** How often it still happens. */
  count: number;
  action: FaultAction;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  list(): Fault[];
  /** The first fault that is meant for the request, counted down. */
  take(request: { kind: RequestKind; method: string; path: string }): Fault | null;
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
          (candidate.path === null || request.path.includes(candidate.path)),
      );
      if (!fault) return null;
      fault.count -= 1;
      if (fault.count <= 0) faults = faults.filter(candidate => candidate !== fault);
      return fault;
    },
  };
}

const kinds = ['list', 'get', 'send', 'read', 'webhooks', 'other', 'any'] as const;

/**
 * Reads a fault from JSON: `{kind?, method?, path?, delay?, count? (1), do?: 'reset'|'hang'|'drop-after-commit'|'pass', status?, body?, headers?,
 * actAfter?}`. `actAfter` goes with a status, `reset` or `hang`: what the client takes for undone is done so many milliseconds later.
 * Throws a RangeError that says what is wrong.
 */
export function parseFault(value: unknown): Fault {
  const input = asObject(value);
  const kind = kinds.find(name => name === (input.kind ?? 'any'));
  if (kind === undefined) throw new RangeError(`kind must be one of ${kinds.join(', ')}`);
  return {
    kind,
    method: asText(input.method),
    path: asText(input.path),
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
  throw new RangeError('a fault needs a status, or do: reset, hang, drop-after-commit or pass');
}

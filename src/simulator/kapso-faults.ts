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
  /** Only late. */
  | { do: 'pass' };

export interface Fault {
  kind: RequestKind | 'any';
  method: string | null;
  /** A part of the path. */
  path: string | null;
  /** Milliseconds before the action. */
  delay: number;
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
 * Reads a fault from JSON: `{kind?, method?, path?, delay?, count? (1), do?: 'reset'|'hang'|'drop-after-commit'|'pass', status?, body?, headers?}`.
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
    count: asNumber(input.count, 1),
    action: parseAction(input),
  };
}

function parseAction(input: JsonObject): FaultAction {
  if (typeof input.status === 'number') {
    const headers = Object.entries(asObject(input.headers)).map(([name, text]) => [name, String(text)]);
    const body = isObject(input.body) || typeof input.body === 'string' ? input.body : { error: 'Injected fault' };
    return { do: 'answer', status: input.status, body, headers: Object.fromEntries(headers) };
  }
  const action = input.do ?? (input.delay === undefined ? undefined : 'pass');
  if (action === 'reset' || action === 'hang' || action === 'drop-after-commit' || action === 'pass')
    return { do: action };
  throw new RangeError('a fault needs a status, or do: reset, hang, drop-after-commit or pass');
}

import type { FrameError, Reply } from './gateway-frames.ts';
import { asNumber, asObject, asText, isObject, type JsonObject } from './json.ts';

export type GatewayFault = {
  method: string;
  /** How often it still happens. */
  count: number;
} & (
  | { do: 'error'; error: FrameError }
  /** Breaks the connection before the request is looked at, or after it was carried out and instead of the answer. */
  | { do: 'drop' | 'drop-after' }
  /** Takes the request and never answers. */
  | { do: 'hang' }
  /** Carries it out, and puts these fields over those of the answer: what a faulty or another gateway would say. */
  | { do: 'reshape'; payload: JsonObject }
);

/**
 * Reads `{method, count? (1), do: 'drop'|'drop-after'|'hang'|'reshape'|'error', payload?, error?}`; the method may be `connect`, which can
 * be refused (`error`) or answered otherwise (`reshape`). Throws a RangeError that says what is wrong.
 */
export function parseGatewayFault(value: unknown): GatewayFault {
  const input = asObject(value);
  const method = asText(input.method);
  if (method === null) throw new RangeError('a fault needs the method it is for');
  const common = { method, count: asNumber(input.count, 1) };
  if (input.do === 'drop' || input.do === 'drop-after' || input.do === 'hang') return { ...common, do: input.do };
  if (input.do === 'reshape') {
    if (!isObject(input.payload)) throw new RangeError('do: reshape needs a payload, an object');
    return { ...common, do: 'reshape', payload: input.payload };
  }
  if (!isObject(input.error)) throw new RangeError('a fault needs do: drop, drop-after, hang or reshape, or an error');
  const code = asText(input.error.code) ?? 'UNAVAILABLE';
  return { ...common, do: 'error', error: { message: 'Injected fault', ...input.error, code } };
}

/** What the client gets instead. */
export function reshaped(reply: Reply, fault: GatewayFault | null): Reply {
  if (fault?.do !== 'reshape' || !reply.ok) return reply;
  return { ok: true, payload: { ...asObject(reply.payload), ...fault.payload } };
}

export interface GatewayFaults {
  add(fault: GatewayFault): void;
  clear(): void;
  /** The first fault that is meant for the method, counted down. */
  take(method: string): GatewayFault | null;
}

export function createGatewayFaults(): GatewayFaults {
  let faults: GatewayFault[] = [];
  return {
    add: fault => faults.push(fault),
    clear: () => {
      faults = [];
    },
    take: method => {
      const fault = faults.find(candidate => candidate.method === method);
      if (!fault) return null;
      fault.count -= 1;
      if (fault.count <= 0) faults = faults.filter(candidate => candidate !== fault);
      return fault;
    },
  };
}

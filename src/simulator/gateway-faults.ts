import type { FrameError, Reply } from './gateway-frames.ts';
import { asNumber, asObject, asText, isObject, type JsonObject } from './json.ts';

export type GatewayFault = {
  method: string;
  /** How often the fault still happens. */
  count: number;
} & (
  | { do: 'error'; error: FrameError }
  /** Breaks the connection: `drop` before the request is looked at, `drop-after` after it was carried out but not answered. */
  | { do: 'drop' | 'drop-after' }
  /** Takes the request and never answers. */
  | { do: 'hang' }
  /** Carries the request out and overwrites these fields of the answer, as a faulty or another gateway would. */
  | { do: 'reshape'; payload: JsonObject }
);

/**
 * Parses `{method, count? (1), do: 'drop'|'drop-after'|'hang'|'reshape'|'error', payload?, error?}`. The method may be
 * `connect`, which takes `error` or `reshape`. Throws a RangeError that says what is wrong.
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

/** The answer that the client gets instead. */
export function reshaped(reply: Reply, fault: GatewayFault | null): Reply {
  if (fault?.do !== 'reshape' || !reply.ok) return reply;
  return { ok: true, payload: { ...asObject(reply.payload), ...fault.payload } };
}

export interface GatewayFaults {
  add(fault: GatewayFault): void;
  clear(): void;
  /** Returns the first fault for the method and counts it down. */
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

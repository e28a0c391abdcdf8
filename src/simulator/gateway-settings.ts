import { isObject } from './json.ts';

/** What can be changed while the gateway simulator runs. Times in milliseconds. */
export interface GatewaySettings {
  /** The shared token. */
  token: string;
  /** How long a run takes at least. */
  agentDelay: number;
  /** Between the acceptance of an input and the start of its run: a crash in it interrupts the input. */
  startDelay: number;
  /** From the start of the gateway until it resumes what a restart cut off. */
  resumeDelay: number;
  /** How long an ended run's key and result are remembered. */
  memory: number;
  /** Treat every connection as one from another host. */
  requirePairing: boolean;
}

export const defaultGatewaySettings: Omit<GatewaySettings, 'token'> = {
  agentDelay: 0,
  startDelay: 0,
  resumeDelay: 300,
  memory: 5 * 60_000,
  requirePairing: false,
};

/** The settings with the given ones changed. Throws a RangeError that names a key that does not exist or a wrong value. */
export function changeGatewaySettings(settings: GatewaySettings, changes: unknown): GatewaySettings {
  if (!isObject(changes)) throw new RangeError('the settings must be a JSON object');
  const known = new Map<string, unknown>(Object.entries(settings));
  for (const [key, value] of Object.entries(changes)) {
    if (!known.has(key)) throw new RangeError(`there is no setting ${key}; there are ${[...known.keys()].join(', ')}`);
    if (typeof value !== typeof known.get(key)) throw new RangeError(`${key} cannot be ${JSON.stringify(value)}`);
  }
  return { ...settings, ...changes };
}

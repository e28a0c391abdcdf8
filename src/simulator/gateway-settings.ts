import { isObject } from './json.ts';

/** Settings that can change while the gateway simulator runs. Times are in milliseconds. */
export interface GatewaySettings {
  /** The shared token. */
  token: string;
  /** The shortest time of a run. */
  agentDelay: number;
  /** The time between the acceptance of an input and the start of its run. A crash in this time interrupts the input. */
  startDelay: number;
  /** The time from the start of the gateway until it resumes what a restart cut off. */
  resumeDelay: number;
  /** How long the gateway remembers an ended run's key and result. */
  memory: number;
  /** Treats every connection as one from another host. */
  requirePairing: boolean;
  /** Whether the agent's model takes images. */
  seesImages: boolean;
  /** The ids of the agents besides `main`, with commas between them. */
  agents: string;
  /** The directory of every agent, as `agents.list` tells it. Empty: it is not told. */
  workspace: string;
}

export const defaultGatewaySettings: Omit<GatewaySettings, 'token'> = {
  agentDelay: 0,
  startDelay: 0,
  resumeDelay: 300,
  memory: 5 * 60_000,
  requirePairing: false,
  seesImages: true,
  agents: '',
  workspace: '',
};

/** Returns the settings with these changes. Throws a RangeError for an unknown key or a wrong value. */
export function changeGatewaySettings(settings: GatewaySettings, changes: unknown): GatewaySettings {
  if (!isObject(changes)) throw new RangeError('the settings must be a JSON object');
  const known = new Map<string, unknown>(Object.entries(settings));
  for (const [key, value] of Object.entries(changes)) {
    if (!known.has(key)) throw new RangeError(`there is no setting ${key}; there are ${[...known.keys()].join(', ')}`);
    if (typeof value !== typeof known.get(key)) throw new RangeError(`${key} cannot be ${JSON.stringify(value)}`);
  }
  return { ...settings, ...changes };
}

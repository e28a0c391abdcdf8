/** What is found of OpenClaw on this machine, to propose it. Nothing of it is needed, and nothing is changed. */
import { connect } from 'node:net';
import { isAbsolute, join } from 'node:path';
import JSON5 from 'json5';
import { unreadable } from '../config/secrets.ts';
import { asId, asRecord, asString } from '../narrow.ts';
import { readTextFile } from '../text-file.ts';

export interface FoundOpenClaw {
  /** OpenClaw's state directory. */
  stateDir: string;
  /** Its configuration file; null where there is none that can be read. */
  file: string | null;
  /** Why the file that is there cannot be read, as a sentence without its full stop; null where nothing is wrong. */
  problem: string | null;
  /** The address of the gateway: that of its configuration, or its usual one. */
  gatewayUrl: string;
  /** The shared token, where it stands in the configuration as it is. */
  token: string | null;
  /** The workspace of the default agent. */
  workspace: string;
}

const usualPort = '18789';

/** Reads OpenClaw's configuration, `~/.openclaw/openclaw.json` or where `OPENCLAW_STATE_DIR` and `OPENCLAW_CONFIG_PATH` say. */
export function findOpenClaw(env: NodeJS.ProcessEnv, home: string): FoundOpenClaw {
  const named = env.OPENCLAW_STATE_DIR;
  const stateDir = named && isAbsolute(named) ? named : join(home, '.openclaw');
  const path = env.OPENCLAW_CONFIG_PATH || join(stateDir, 'openclaw.json');
  const { config, problem } = readJson5(path);
  const gateway = asRecord(config?.gateway);
  const token = asString(asRecord(gateway?.auth)?.token);
  const workspace = asString(asRecord(asRecord(config?.agents)?.defaults)?.workspace);
  return {
    stateDir,
    file: config === null ? null : path,
    problem: problem === null ? null : `${path} could not be read: it ${problem}`,
    gatewayUrl: `ws://127.0.0.1:${asId(gateway?.port) ?? usualPort}`,
    // A reference to a variable or a secret store is no token.
    token: token !== null && !token.includes('$') ? token : null,
    workspace: workspace?.replace(/^~(?=\/|$)/, home) ?? join(stateDir, 'workspace'),
  };
}

/** Reads JSON5, OpenClaw's format: comments, keys without quotes, commas at the end. */
function readJson5(path: string): { config: Record<string, unknown> | null; problem: string | null } {
  let text: string;
  try {
    text = readTextFile(path, 1024 * 1024);
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return { config: null, problem: isMissing ? null : unreadable(error) };
  }
  try {
    const config = asRecord(JSON5.parse(text));
    return { config, problem: config === null ? 'holds no object' : null };
  } catch (error) {
    // Its message repeats a part of the text.
    const { lineNumber, columnNumber } = error as { lineNumber?: number; columnNumber?: number };
    return { config: null, problem: `is not valid JSON5 at line ${lineNumber}, column ${columnNumber}` };
  }
}

/** Whether something listens at a WebSocket address, within a second. */
export async function listens(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port || (protocol === 'wss:' ? 443 : 80)) });
  const answer = Promise.withResolvers<boolean>();
  socket.once('connect', () => answer.resolve(true));
  socket.once('error', () => answer.resolve(false));
  socket.setTimeout(1000, () => answer.resolve(false));
  return answer.promise.finally(() => socket.destroy());
}

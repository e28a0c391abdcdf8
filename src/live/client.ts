/** The other side of the socket: what a command asks a running poller. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { asNumber, asRecord, fieldsOf } from '../narrow.ts';
import type { Remembered } from '../views/trace.ts';
import { shortPath } from './place.ts';
import type { LiveSources } from './sources.ts';

/** Milliseconds that a poller may take for an answer. One that hangs is as good as none. */
const answerTimeout = 5000;

/** The sources of a running poller. A method rejects when the poller does not answer, or not with what was asked for. */
export interface LiveClient extends Omit<LiveSources, 'subscribe'> {
  /** With which settings it runs, as `LiveServerDeps` has them. */
  settings(): Promise<unknown>;
  /**
   * Calls back with each event, and with null when some were left out, until the poller stops, or is killed, or the
   * signal aborts. Resolves then. Rejects when the poller lets nobody else follow.
   */
  follow(onEvent: (one: Remembered | null) => void, signal: AbortSignal): Promise<void>;
}

/** Connects to the first of the sockets at which a poller answers. Resolves to null when none does. */
export async function connectLive(sockets: readonly string[]): Promise<LiveClient | null> {
  for (const socket of sockets) {
    const client = createClient(socket);
    try {
      await client.report();
      return client;
    } catch {
      // A killed poller leaves its socket behind. Why another one does not answer does not matter: the files say the same.
    }
  }
  return null;
}

/**
 * Asks with which settings the poller runs, at the first of the sockets that says so. Resolves to the answer; null when none
 * says so.
 */
export async function askSettings(sockets: readonly string[]): Promise<unknown> {
  for (const socket of sockets) {
    try {
      return await createClient(socket).settings();
    } catch {
      // As in `connectLive`; a poller of an older version does not know the question.
    }
  }
  return null;
}

function createClient(socket: string): LiveClient {
  const ask = async (path: string, query: Record<string, string | readonly string[]> = {}): Promise<never> => {
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one])),
    );
    const { response, done } = await get(socket, `${path}?${search}`, AbortSignal.timeout(answerTimeout));
    try {
      return (await readAnswer(response)) as never;
    } finally {
      done();
    }
  };
  const flags = (full: boolean): Record<string, string> => (full ? { full: '1' } : {});

  return {
    report: () => ask('/v1/status'),
    settings: () => ask('/v1/settings'),
    arrivals: ({ after, limit, full }) =>
      ask('/v1/arrivals', {
        limit: String(limit),
        ...(after !== null && { after: String(after) }),
        ...flags(full),
      }),
    messages: (ids, { full }) => ask('/v1/messages', { id: ids, ...flags(full) }),
    trace: (id, { full }) => ask('/v1/trace', { id, ...flags(full) }),
    follow: async (onEvent, signal) => {
      const { response, done } = await get(socket, '/v1/events', signal);
      try {
        if (response.statusCode !== 200) await readAnswer(response);
        for await (const line of createInterface(response)) {
          const said = fieldsOf(JSON.parse(line));
          if (asRecord(said.event) !== null) onEvent(said as unknown as Remembered);
          else if (asNumber(said.leftOut) !== null) onEvent(null);
        }
      } catch (error) {
        // The end of the poller is the end of the connection, in whatever way.
        if (response.statusCode !== 200) throw error;
      } finally {
        done();
      }
    },
  };
}

/** Asks, and resolves with the head of the answer. `done` ends the connection. */
function get(
  socket: string,
  path: string,
  signal: AbortSignal,
): Promise<{ response: IncomingMessage; done: () => void }> {
  return new Promise((resolve, reject) => {
    const short = shortPath(socket);
    const done = (asked: ClientRequest) => {
      short.done();
      asked.destroy();
    };
    const asked = request({ socketPath: short.path, path, signal, agent: false }, response => {
      resolve({ response, done: () => done(asked) });
    });
    asked.on('error', error => {
      done(asked);
      reject(error);
    });
    asked.end();
  });
}

async function readAnswer(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (response.statusCode === 200) return body;
  throw new Error(`the poller answered ${response.statusCode}: ${String(fieldsOf(body).error)}`);
}

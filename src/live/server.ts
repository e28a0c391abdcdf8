/** The poller's side of the socket: HTTP over a Unix socket that only its owner may open. It only answers questions. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { listen } from '../listener/listen.ts';
import type { Emit } from '../observe/events.ts';
import { scrubbedJson } from '../observe/scrub.ts';
import type { Part } from '../part.ts';
import { type ShortPath, type SocketDirectory, shortPath, socketPaths } from './place.ts';
import type { LiveSources } from './sources.ts';
import { createStreams, type Streams } from './streams.ts';

/** Connections at a time, and how many of them may follow what happens. */
const most = { connections: 32, streams: 8 };
/** Milliseconds for a question, and for taking the answer. */
const questionTimeout = 10_000;
const longestHead = 8192;

export interface LiveServerDeps {
  sources: LiveSources;
  /** Says with which settings the poller runs, without their values. The function is called each time. */
  settings: () => unknown;
  stateDir: string;
  /** Where the socket may be, before the state directory. */
  directories: readonly SocketDirectory[];
  version: string;
  /** Removes secrets from text. */
  scrub: (text: string) => string;
  clock: Clock;
  emit: Emit;
}

/** Serves the sources. A socket that cannot be opened is no failure: it is told, and the poller does without. */
export function createLiveServer(deps: LiveServerDeps): Part {
  const { clock, emit } = deps;
  const streams = createStreams({ ...deps, most: most.streams });
  const server = createServer({
    maxHeaderSize: longestHead,
    // The checks of Node would wake an idle poller every half a minute; each connection has a time limit of its own.
    connectionsCheckingInterval: 2 ** 31 - 1,
  });
  server.maxConnections = most.connections;
  // A connection that cannot be taken, as when the process has too many files open, is lost to its reader alone.
  server.on('error', () => undefined);
  server.on('connection', socket => socket.setTimeout(questionTimeout, () => socket.destroy()));
  server.on('request', createRequestHandler(deps, streams));
  let place: ShortPath | null = null;

  return {
    start: async () => {
      try {
        const opened = await open(server, deps);
        place = opened.short;
        emit({ type: 'live opened', socket: opened.socket });
      } catch (error) {
        emit({ type: 'live unavailable', error });
      }
    },
    stop: async grace => {
      await streams.end(Math.min(grace, questionTimeout));
      await new Promise<void>(resolve => {
        // An error says that it does not listen.
        server.close(() => resolve());
        const cancel = clock.after(Math.min(grace, 500), () => server.closeAllConnections());
        server.once('close', cancel);
        server.closeIdleConnections();
      });
      place?.done();
      place = null;
    },
  };
}

/** Opens the socket at the first place that takes it. */
async function open(
  server: Server,
  { directories, stateDir }: LiveServerDeps,
): Promise<{ socket: string; short: ShortPath }> {
  let failure: unknown;
  for (const socket of socketPaths(directories, stateDir)) {
    const short = shortPath(socket);
    try {
      const listener = { name: 'the live view', setting: 'XDG_RUNTIME_DIR', umask: 0o177 };
      await listen(server, { path: short.path }, listener);
      server.unref();
      return { socket, short };
    } catch (error) {
      short.done();
      failure = error;
    }
  }
  throw failure;
}

type Answer = { status: number; body: unknown };

function createRequestHandler({ sources, settings, scrub }: LiveServerDeps, streams: Streams) {
  const ask = createQuestions(sources, settings);
  return (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => undefined);
    // Nothing is read but the head.
    request.resume();
    const url = URL.parse(request.url ?? '/', 'http://poller') ?? new URL('http://poller/');
    if (request.method === 'GET' && url.pathname === '/v1/events') {
      streams.open(request, response);
      return;
    }
    void answer(request.method, url).then(({ status, body }) => {
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        connection: 'close',
        ...(status === 405 && { allow: 'GET' }),
      });
      response.end(`${scrubbedJson(body, scrub)}\n`);
    });
  };

  async function answer(method: string | undefined, url: URL): Promise<Answer> {
    if (method !== 'GET') return { status: 405, body: { error: 'here everything can be read, and nothing changed' } };
    try {
      return await ask(url);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { status: 503, body: { error: `it cannot be read at present: ${message}` } };
    }
  }
}

/** The questions that can be asked, by their paths. Each has its parameters in the query. */
function createQuestions(sources: LiveSources, settings: LiveServerDeps['settings']): (url: URL) => Promise<Answer> {
  const ok = (body: unknown): Answer => ({ status: 200, body });
  const wrong = (error: string): Answer => ({ status: 400, body: { error } });
  const number = (text: string | null, otherwise: number | null): number | null | undefined =>
    text === null ? otherwise : /^\d{1,15}$/.test(text) ? Number(text) : undefined;

  return async ({ pathname, searchParams: query }) => {
    const full = query.get('full') === '1';
    switch (pathname) {
      case '/v1/status':
        return ok(await sources.report());
      case '/v1/settings':
        return ok(settings());
      case '/v1/arrivals': {
        const [after, limit] = [number(query.get('after'), null), number(query.get('limit'), 20)];
        if (after === undefined || !limit) return wrong('after and limit are whole numbers');
        return ok(await sources.arrivals({ after, limit, full }));
      }
      case '/v1/messages':
        return ok(await sources.messages(query.getAll('id'), { full }));
      case '/v1/trace':
        return ok(await sources.trace(query.get('id') ?? '', { full }));
      default:
        return {
          status: 404,
          body: { error: 'see /v1/status, /v1/settings, /v1/arrivals, /v1/messages?id=, /v1/trace?id= and /v1/events' },
        };
    }
  };
}

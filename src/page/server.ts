import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ListenAddress } from '../config/listen-address.ts';
import { type Listener, type ListenTarget, listen } from '../listener/listen.ts';
import { createAdmission, type Turned } from './admission.ts';
import type { Asset } from './assets.ts';
import type { Feed } from './feed.ts';

/** What is wrong with a request, for whoever looks at the page. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a page can have done. */
export interface Action {
  /** Bytes of the request. A longer one is refused with 413. */
  maxBytes: number;
  /** Throws a `Refusal` when it cannot be done. What it resolves to is sent as JSON. */
  run(request: { query: URLSearchParams; type: string; body: Buffer }): Promise<unknown>;
}

export interface PageOptions {
  /** An address of this machine alone, or a Unix socket. */
  listen: ListenTarget;
  listener: Listener;
  token: string;
  /** By their paths. */
  assets: ReadonlyMap<string, Asset>;
  feed: Feed;
  /** By their names. */
  actions: Readonly<Record<string, Action>>;
  /** Files under `/files/`, each under a name that cannot be guessed. Null when there is none. */
  file(name: string): Asset | null;
}

export interface PageServer {
  /** Where it listens, with the real port. */
  address: ListenAddress;
  close(): Promise<void>;
}

/** Pages that look at the same time, and actions under way at the same time. */
const mostListeners = 16;
const mostActions = 8;
const mostConnections = 64;
/** Milliseconds between comments on an open stream, by which a browser that is gone is noticed. */
const heartbeat = 15_000;
/** Bytes that a browser may leave unread before its stream is ended. */
const mostUnread = 4 * 1024 * 1024;

/** No script, style, image or request from anywhere else, no inline script, and no HTML made of text. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/**
 * Serves a page to this machine: its files, `GET /events` (Server-Sent Events, each a `Change`), and `POST /actions/NAME`.
 * Rejects as `listen` of src/listener does.
 */
export async function startPage(options: PageOptions): Promise<PageServer> {
  const admission = createAdmission(options.token);
  let acting = 0;

  const act = async (name: string, request: IncomingMessage, query: URLSearchParams): Promise<unknown> => {
    const action = Object.hasOwn(options.actions, name) ? options.actions[name] : undefined;
    if (action === undefined) throw new Refusal(404, `There is no action ${name}.`);
    if (acting >= mostActions) throw new Refusal(503, 'Too much at once: try again in a moment.');
    acting += 1;
    try {
      const body = await bodyOf(request, action.maxBytes);
      return await action.run({ query, type: request.headers['content-type'] ?? '', body });
    } finally {
      acting -= 1;
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const turned = admission.foreign(request.headers);
    if (turned) return turnAway(response, turned);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const asset = options.assets.get(url.pathname) ?? fileAt(url.pathname, options);
    if (request.method === 'GET' && asset) return sendAsset(response, asset);
    const action = /^\/actions\/([a-z-]+)$/.exec(url.pathname)?.[1];
    if (!(request.method === 'POST' && action) && !(request.method === 'GET' && url.pathname === '/events')) {
      return answer(response, 404, { error: 'There is nothing here.' });
    }
    const unknown = admission.unknown(request.headers);
    if (unknown) return turnAway(response, unknown);
    if (action === undefined) return stream(response, options.feed);
    answer(response, 200, (await act(action, request, url.searchParams)) ?? {});
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(error => {
      if (response.headersSent) return void response.destroy();
      const status = error instanceof Refusal ? error.status : 500;
      answer(response, status, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  server.maxConnections = mostConnections;
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  const address = await listen(server, options.listen, options.listener);
  return {
    address,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fileAt(path: string, { file }: PageOptions): Asset | undefined {
  const name = /^\/files\/([\w-]+)$/.exec(path)?.[1];
  return (name !== undefined && file(name)) || undefined;
}

function sendAsset(response: ServerResponse, { type, body }: Asset): void {
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length });
  response.end(body);
}

function turnAway(response: ServerResponse, { status, message }: Turned): void {
  answer(response, status, { error: message });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  // What of the request was not read will not be.
  if (status >= 400) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

/** Reads a request's body. Throws a `Refusal` for one that is longer. */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Refusal(413, `That is larger than ${maxBytes} bytes, the most that is taken here.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Sends what there is, and each change, until the browser goes away or does not read. */
function stream(response: ServerResponse, feed: Feed): void {
  if (feed.subscribers >= mostListeners) {
    answer(response, 503, { error: `${mostListeners} pages are open: close one of them.` });
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
  response.write(': as it is now\n\n');
  const unsubscribe = feed.subscribe(change => {
    response.write(`data: ${JSON.stringify(change)}\n\n`);
    if (response.writableLength > mostUnread) response.destroy();
  });
  const beat = setInterval(() => response.write(': here\n\n'), heartbeat);
  response.once('close', () => {
    clearInterval(beat);
    unsubscribe();
  });
}

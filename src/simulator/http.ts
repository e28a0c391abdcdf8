import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  message: IncomingMessage;
  /** Parses the body as JSON; an empty body is `{}`. Throws `BadRequest` when it is not JSON or too large. */
  json(): Promise<unknown>;
}

export interface Answer {
  status: number;
  /** Sent as JSON. A string, or a stream of bytes, is sent unchanged. */
  body: unknown;
  headers?: Record<string, string>;
}

/** What is wrong with a request, for its sender. */
export class BadRequest extends Error {
  override name = 'BadRequest';
}

/** Room for tens of thousands of messages in one control request. */
const maxBody = 128 * 1024 * 1024;

export interface Listening {
  server: Server;
  port: number;
}

/** Starts an HTTP server that gives every request to `handle`. */
export async function listen(
  options: { host: string; port: number },
  handle: (message: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const server = createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Ends the server with every connection it has. */
export function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export function readRequest(message: IncomingMessage): Request {
  const url = new URL(message.url ?? '/', 'http://localhost');
  return {
    method: message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    message,
    json: async () => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of message as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBody) throw new BadRequest(`the body is larger than ${maxBody} bytes`);
        chunks.push(chunk);
      }
      const text = Buffer.concat(chunks).toString('utf8');
      if (text.trim() === '') return {};
      try {
        return JSON.parse(text);
      } catch {
        throw new BadRequest('the body is not JSON');
      }
    },
  };
}

export function send(response: ServerResponse, answer: Answer): void {
  if (answer.body instanceof Readable) {
    response.writeHead(answer.status, answer.headers);
    // A client that goes away in the midst is no fault of the simulator.
    pipeline(answer.body, response, () => undefined);
    return;
  }
  const raw = typeof answer.body === 'string';
  response.writeHead(answer.status, {
    'Content-Type': raw ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    ...answer.headers,
  });
  response.end(raw ? answer.body : JSON.stringify(answer.body));
}

/** Says that the simulator does not know this request. It never gives a false success. */
export function notSimulated(request: Request): Answer {
  return {
    status: 501,
    body: { error: 'Not simulated', message: `The simulator does not know ${request.method} ${request.path}` },
  };
}

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Heard {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The form, read by Node's own parser. */
  form(): Promise<FormData>;
}

export type Answer = (response: ServerResponse, heard: Heard) => void;

export interface StandIn {
  origin: string;
  heard: Heard[];
  connections: () => number;
}

/** A service that answers each request with the next of the answers, and with the last one from then on. */
export async function startService(...answers: Answer[]): Promise<StandIn> {
  const heard: Heard[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = '', headers } = request;
      const form = () => new Response(body, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
      const one: Heard = { method, url: new URL(request.url ?? '', origin), headers, body, form };
      heard.push(one);
      answers[Math.min(heard.length, answers.length) - 1]?.(response, one);
    });
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin, heard, connections: () => connections };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return response =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

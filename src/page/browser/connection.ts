import type { Change } from '../shape.ts';

export type ConnectionState = 'open' | 'lost' | 'refused';

export interface Connection {
  /** Has something done. Throws an error whose message is for whoever looks at the page. */
  act(name: string, input?: Readonly<Record<string, unknown>>): Promise<void>;
  sendFile(file: Blob, about: { name: string; caption: string }): Promise<void>;
  /** Begins anew, with the token. */
  open(token: string): void;
}

const key = 'token';
/** Milliseconds before the stream is opened again. */
const pause = { first: 400, longest: 5000 };

/** The token of the address, which the page's own address then no longer shows; else the one of this tab. */
export function tokenOfPage(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return sessionStorage.getItem(key);
  keepToken(given);
  history.replaceState(null, '', location.pathname);
  return given;
}

/** Keeps the token for this tab, over its reloads. */
export function keepToken(token: string): void {
  sessionStorage.setItem(key, token);
}

/** Reads the server's stream, again and again, and sends what is to be done. */
export function connect(on: { change: (change: Change) => void; state: (state: ConnectionState) => void }): Connection {
  let headers: Record<string, string> = {};
  let opened = 0;

  const read = async (mine: number) => {
    for (let wait = pause.first; mine === opened; wait = Math.min(wait * 2, pause.longest)) {
      try {
        const response = await fetch('/events', { headers });
        if (response.status === 401) return on.state('refused');
        if (response.ok && response.body !== null) {
          wait = pause.first;
          on.state('open');
          for await (const data of events(response.body)) on.change(JSON.parse(data) as Change);
        }
      } catch {
        // It is tried again.
      }
      if (mine !== opened) return;
      on.state('lost');
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  };

  const post = async (path: string, type: string, body: Blob | string) => {
    let response: Response;
    try {
      response = await fetch(path, { method: 'POST', headers: { ...headers, 'Content-Type': type }, body });
    } catch {
      throw new Error('It does not answer. Has it ended?');
    }
    if (response.ok) return;
    const { error } = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(error ?? `That was refused (${response.status}).`);
  };

  return {
    act: (name, input = {}) => post(`/actions/${name}`, 'application/json', JSON.stringify(input)),
    sendFile: (file, about) => post(`/actions/send-file?${new URLSearchParams(about)}`, file.type, file),
    open: token => {
      headers = { Authorization: `Bearer ${token}` };
      opened += 1;
      void read(opened);
    },
  };
}

/** The data of each event of a stream (HTML Living Standard, "Server-sent events"). */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').filter(line => line.startsWith('data: '));
      if (data.length > 0) yield data.map(line => line.slice(6)).join('\n');
    }
  }
}

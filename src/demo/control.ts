/** A simulator's control interface, as the demo uses it. */

/** What a simulator answers cannot be had: it does not run, or refuses. */
export class NotAnswered extends Error {
  override name = 'NotAnswered';
}

/** Milliseconds that a simulator has to answer. It is on this machine. */
const patience = 10_000;

/** Asks `url`. Resolves to the JSON of the answer. Throws `NotAnswered`. */
export async function ask(url: string, request: RequestInit = {}): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  try {
    response = await fetch(url, { ...request, signal: AbortSignal.timeout(patience) });
  } catch (cause) {
    throw new NotAnswered(`${new URL(url).host} does not answer`, { cause });
  }
  const text = await response.text();
  if (!response.ok) throw new NotAnswered(`${new URL(url).pathname} was refused: ${text.slice(0, 300)}`);
  return text === '' ? {} : JSON.parse(text);
}

/** What the demo may do at its simulators' control interfaces, which only it can use. */
export interface Control {
  ask: typeof ask;
  tell(url: string, body: unknown): ReturnType<typeof ask>;
}

/** @param token the simulators' control token */
export function createControl(token: string): Control {
  const headers = controlHeaders(token);
  return {
    ask: (url, request = {}) => ask(url, { ...request, headers }),
    tell: (url, body) => tell(url, body, headers),
  };
}

export function controlHeaders(token: string): Record<string, string> {
  return { 'X-Simulator-Token': token };
}

/** Sends JSON to `url`. Resolves to the JSON of the answer. Throws `NotAnswered`. */
export function tell(url: string, body: unknown, headers: Record<string, string> = {}) {
  return ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

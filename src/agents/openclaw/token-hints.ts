/** Where the token came from, and whether a reload of the poller is enough after a change there. */
export interface TokenSource {
  where: string;
  reloads: boolean;
}

/** What to do about a token that is wrong or missing, as the beginning of a sentence. `from`: null where none is configured. */
export function setToken(from: TokenSource | null): string {
  const value = 'the value of gateway.auth.token in the configuration of OpenClaw';
  return from === null ? `Set OPENCLAW_TOKEN (gateway.token) to ${value}` : `Put ${value} into ${from.where}`;
}

/** The same as a sentence. The token is taken from a file that is read again; variables are read at the start. */
export function checkToken(from: TokenSource | null): string {
  return `${setToken(from)}, then ${from?.reloads ? 'reload' : 'restart'} the poller.`;
}

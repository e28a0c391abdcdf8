/** The names of the files in the state directory. SQLite adds `-wal` and `-shm` to the inbox while it is open. */
export const stateFiles = {
  inbox: 'inbox.sqlite',
  lock: 'poller.lock',
  /** The process id, for people. It decides nothing. */
  pid: 'poller.pid',
  /** The name of the process that works here on a store that others share. See predecessor.ts. */
  instance: 'instance.json',
  status: 'status.json',
  /** The socket of the running poller, where there is no runtime directory for it. */
  socket: 'live.sock',
  /** The position of polling, for people and scripts. The program reads the position from the inbox. */
  lastPoll: 'last-poll',
  /**
   * A file of earlier versions, which the inbox takes over. It holds the time of the first start by this machine's
   * clock, in milliseconds since the epoch. After a complete pass a second line holds the position.
   */
  firstStart: 'first-start',
  /** The signing secret that a registration made. */
  signingSecret: 'webhook-secret',
  /** The next secret while it is being given to Kapso. If it were checked before Kapso has it, every delivery would be refused. */
  proposedSecret: 'webhook-secret.new',
  /** A fingerprint of the secret that the webhook has. */
  registration: 'webhook-registration.json',
  /** A directory: what each `kapso-whatsapp-cli send` of the last day says of itself. */
  sends: 'sends',
  /** A directory: the files of received media. */
  media: 'media',
  /** A directory: copies of files that wait in the outbox. */
  outgoing: 'outgoing',
  /** A directory: the words of voice messages by their content, and audio while a program reads it. */
  transcripts: 'transcripts',
  /** Which alerts were given, and are not over. */
  alerts: 'alerts.json',
  deviceIdentity: 'device-identity.json',
  deviceToken: 'device-token.json',
} as const;

/**
 * The name of a file of which each of several accounts has its own: `last-poll.ACCOUNT`, `webhook-secret.ACCOUNT.new`.
 *
 * @param account Meta's `phone_number_id`; null for the number that has the plain names
 */
export function fileOfAccount(name: string, account: string | null): string {
  if (account === null) return name;
  const end = name.indexOf('.') < 0 ? name.length : name.indexOf('.');
  return `${name.slice(0, end)}.${account}${name.slice(end)}`;
}

/** The name of which `name` is some account's own; `name` itself where it is none. */
export function withoutAccount(name: string): string {
  return name.replace(/^([^./]+)\.\d+(?=\.|$)/, '$1');
}

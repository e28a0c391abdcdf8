/** What the files in the state directory are called. SQLite adds `-wal` and `-shm` to the inbox while it is open. */
export const stateFiles = {
  inbox: 'inbox.sqlite',
  lock: 'poller.lock',
  /** For people; it decides nothing. */
  pid: 'poller.pid',
  status: 'status.json',
  /** The position of polling, for people and scripts; the inbox is what counts. */
  lastPoll: 'last-poll',
  /**
   * As long as nothing has confirmed the time of the first start: this machine's time then, in ms since the epoch, and after a
   * complete pass a line with the position too.
   */
  firstStart: 'first-start',
  /** The signing secret that a registration has made. */
  signingSecret: 'webhook-secret',
  /** A secret that Kapso is being given: one that is checked before Kapso has it would have every delivery refused. */
  proposedSecret: 'webhook-secret.new',
  /** Which secret the webhook was given, as a fingerprint. */
  registration: 'webhook-registration.json',
  deviceIdentity: 'device-identity.json',
  deviceToken: 'device-token.json',
} as const;

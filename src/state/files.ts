/** The names of the files in the state directory. SQLite adds `-wal` and `-shm` to the inbox while it is open. */
export const stateFiles = {
  inbox: 'inbox.sqlite',
  lock: 'poller.lock',
  /** The process id, for people. It decides nothing. */
  pid: 'poller.pid',
  status: 'status.json',
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
  deviceIdentity: 'device-identity.json',
  deviceToken: 'device-token.json',
} as const;

/**
 * What can be wrong with a poller that runs: one table, which `status`, `!status`, the alerts and the page read. Each kind
 * has a code, which is stable: programs rely on it, so none is renamed or used for something else.
 */
export interface ProblemKind {
  /** What to do, where the cause itself says nothing of it. A sentence without its full stop. */
  todo: string;
  /** The page of the guide that says more. */
  guide: string;
  /** When somebody is told: at once, when it has lasted for `alerts.after`, or never. */
  told: 'at once' | 'when it lasts' | 'never';
  /** What is said when it is over. */
  over: string;
}

const troubleshooting = 'docs/guides/troubleshooting.md';

export const problemKinds = {
  'poller-silent': {
    todo: 'See its log; when the disk is full, make space',
    guide: `${troubleshooting}#the-poller-does-not-run`,
    told: 'never',
    over: 'the poller writes its status again',
  },
  'gateway-away': {
    todo: 'Start the gateway: openclaw gateway',
    guide: `${troubleshooting}#the-message-waits`,
    told: 'when it lasts',
    over: 'the gateway is connected again',
  },
  'gateway-takes-nothing': {
    todo: 'Mend what it says in OpenClaw; the messages wait',
    guide: `${troubleshooting}#the-message-waits`,
    told: 'when it lasts',
    over: 'the gateway takes messages again',
  },
  'clock-wrong': {
    todo: 'Set it: timedatectl set-ntp true',
    guide: `${troubleshooting}#the-message-does-not-come`,
    told: 'when it lasts',
    over: "this machine's clock agrees with Kapso's again",
  },
  'key-refused': {
    todo: 'Check the API key and the phone number id in Kapso; kapso-whatsapp-cli doctor says where they are from',
    guide: `${troubleshooting}#kapso-refuses-the-api-key`,
    told: 'at once',
    over: 'Kapso takes the key again',
  },
  'polling-fails': {
    todo: 'Check the network, the proxy, and whether Kapso has an outage',
    guide: `${troubleshooting}#the-message-does-not-come`,
    told: 'when it lasts',
    over: 'polling works again',
  },
  'store-unwritable': {
    todo: 'Look at the disk of the state directory: its space, its rights, whether it is there; or at the database',
    guide: `${troubleshooting}#deliveries-fail`,
    told: 'at once',
    over: 'messages can be kept again',
  },
  'disk-low': {
    todo: 'Make space: a full disk stops the intake, and Kapso delivers again only for some minutes',
    guide: `${troubleshooting}#deliveries-fail`,
    told: 'at once',
    over: 'the disk has space again',
  },
  'tunnel-down': {
    todo: 'See tailscale status and tailscale funnel status',
    guide: 'docs/guides/tailscale.md',
    told: 'when it lasts',
    over: 'the tunnel is open again',
  },
  'webhook-off': {
    todo: 'Put right why deliveries failed; then kapso-whatsapp-cli webhook register',
    guide: `${troubleshooting}#deliveries-fail`,
    told: 'at once',
    over: "Kapso's webhook is switched on, and as it must be",
  },
  'webhook-not-registered': {
    todo: 'Run kapso-whatsapp-cli webhook register, or set webhook.register',
    guide: 'docs/guides/webhooks.md',
    told: 'when it lasts',
    over: 'the webhook is registered',
  },
  'webhook-silent': {
    todo: 'See kapso-whatsapp-cli webhook list and webhook test, and the proxy or tunnel in front',
    guide: `${troubleshooting}#deliveries-fail`,
    told: 'when it lasts',
    over: 'deliveries come again',
  },
  'messages-failed': {
    todo: 'See why: kapso-whatsapp-cli inbox list --state failed; then inbox retry or inbox drop',
    guide: `${troubleshooting}#one-message-keeps-failing`,
    told: 'at once',
    over: 'no message is left that was given up',
  },
  'message-failing': {
    todo: 'See kapso-whatsapp-cli inbox list',
    guide: `${troubleshooting}#one-message-keeps-failing`,
    told: 'never',
    over: 'the message is handled',
  },
  'replies-failed': {
    todo: 'See why: kapso-whatsapp-cli outbox list --state failed; then outbox retry or outbox drop',
    guide: `${troubleshooting}#an-answer-did-not-arrive`,
    told: 'at once',
    over: 'no answer is left that was given up',
  },
  'replies-in-doubt': {
    todo: 'See kapso-whatsapp-cli outbox list --state sending',
    guide: `${troubleshooting}#an-answer-did-not-arrive`,
    told: 'at once',
    over: 'of every answer it is known whether it was sent',
  },
  'reply-late': {
    todo: 'See kapso-whatsapp-cli outbox list --state pending --state sending',
    guide: `${troubleshooting}#an-answer-did-not-arrive`,
    told: 'never',
    over: 'the answer was sent',
  },
  'alert-not-given': {
    todo: 'See the log, and docs/guides/alerts.md',
    guide: 'docs/guides/alerts.md#when-an-alert-does-not-arrive',
    told: 'never',
    over: 'alerts can be given again',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

export function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && Object.hasOwn(problemKinds, code);
}

export interface Problem {
  code: ProblemCode;
  /** Which of several numbers has it, as people call it. Absent with one, and for what concerns all. */
  account?: string;
  /** What is wrong, as a sentence without its full stop. No number of a person stands in it whole. */
  says: string;
  /** What to do, where the cause says it; null leaves it to the table. */
  hint: string | null;
  /** How many things have it: messages, answers. */
  count: number;
}

/** Tells the problems of several numbers apart. */
export function keyOf({ code, account }: Pick<Problem, 'account'> & { code: string }): string {
  return account === undefined ? code : `${code}.${account}`;
}

/** Returns the problem as one sentence, as `status` has it. */
export function sentenceOf({ says, hint }: Pick<Problem, 'says' | 'hint'>): string {
  return hint === null ? says : `${says.replace(/\.$/, '')}; ${hint}`;
}

/** Returns what to do about a problem. */
export function todoOf({ code, hint }: Pick<Problem, 'code' | 'hint'>): string {
  return hint ?? problemKinds[code].todo;
}

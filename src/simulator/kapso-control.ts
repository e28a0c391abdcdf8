import type { Counters } from './counters.ts';
import { type Answer, notSimulated, type Request } from './http.ts';
import { asNumber, asObject, asText } from './json.ts';
import { type Faults, parseFault } from './kapso-faults.ts';
import { parseInbound } from './kapso-inbound.ts';
import { keepMedia } from './kapso-inbound-media.ts';
import { shownRow } from './kapso-list.ts';
import type { Mailbox, StoredMessage } from './kapso-mailbox.ts';
import type { MediaApi } from './kapso-media.ts';
import type { MediaStore } from './kapso-media-store.ts';
import type { Reaction, ReadMark } from './kapso-send.ts';
import { changeKapsoSettings, type KapsoSettings } from './kapso-settings.ts';
import type { ReportStatus } from './kapso-statuses.ts';
import type { Templates } from './kapso-templates.ts';
import type { Webhooks } from './kapso-webhooks.ts';
import { attempt, createDelivery, type WebhookForm, webhookForms } from './webhook-delivery.ts';

export interface RequestRecord {
  kind: string;
  method: string;
  path: string;
  query: Record<string, string>;
  /** Names only, since a value may be the API key. */
  headers: string[];
  /** Null when no answer was sent. */
  status: number | null;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface SentText {
  id: string;
  /** `+` and digits, or a business-scoped user id. */
  to: string;
  /** The words of a message of any type, as Kapso shows them. */
  text: string;
  type: string;
  /** Meta's object of the type. */
  object: unknown;
  /** The message that it quotes. */
  quotes: string | null;
  /** The sender's own mark (`biz_opaque_callback_data`). The list may not show it. */
  callbackData: string | null;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface KapsoControl {
  mailbox: Mailbox;
  faults: Faults;
  mediaStore: MediaStore;
  media: MediaApi;
  templates: Templates;
  reportStatus: ReportStatus;
  webhooks: Webhooks;
  counters: Counters;
  reads: readonly ReadMark[];
  reactions: readonly Reaction[];
  requests: RequestRecord[];
  phoneNumberId: string;
  settings: { current: KapsoSettings };
  now: () => number;
  /** Stores inbound messages and publishes them to the webhooks. */
  receive: (messages: ReturnType<typeof parseInbound>) => Promise<StoredMessage[]>;
}

/** Serves the simulator's own interface below `/__sim/`: it creates messages, shows what was done, and injects faults. */
export async function handleKapsoControl(request: Request, control: KapsoControl): Promise<Answer> {
  try {
    return (await route(request, control)) ?? notSimulated(request);
  } catch (error) {
    if (error instanceof RangeError)
      return { status: 400, body: { error: 'Bad control request', message: error.message } };
    throw error;
  }
}

async function route(request: Request, control: KapsoControl): Promise<Answer | null> {
  const { mailbox, faults, webhooks, counters, settings } = control;
  const ok = (body: unknown): Answer => ({ status: 200, body });
  switch (`${request.method} ${request.path.slice('/__sim/'.length)}`) {
    case 'POST inbound': {
      const { timestampLag, visibleAfter } = settings.current;
      const now = control.now();
      const input = await keepMedia(await request.json(), { store: control.mediaStore, media: control.media, now });
      const messages = parseInbound(input, { now, timestampLag, visibleAfter });
      const added = await control.receive(messages);
      return ok({ ids: added.map(({ id }) => id) });
    }
    case 'POST status':
      return ok(await control.reportStatus(asObject(await request.json())));
    case 'GET templates':
      return ok({ templates: control.templates.all() });
    case 'POST templates': {
      const body = await request.json();
      const put = (Array.isArray(body) ? body : [body]).map(control.templates.put);
      return ok({ templates: await Promise.all(put) });
    }
    case 'GET sent':
      return ok({ sent: mailbox.sent().map(sentText) });
    case 'GET read':
      return ok({ read: control.reads });
    case 'GET reactions':
      return ok({ reactions: control.reactions });
    case 'GET media':
      return ok({ media: control.mediaStore.all() });
    case 'GET requests': {
      const kind = request.query.get('kind');
      return ok({
        counts: counters.all(),
        requests: control.requests.filter(record => kind === null || record.kind === kind),
      });
    }
    case 'DELETE requests':
      control.requests.length = 0;
      return ok({ requests: [] });
    case 'GET deliveries':
      return ok({ deliveries: webhooks.deliveries() });
    case 'GET faults':
      return ok({ faults: faults.list() });
    case 'POST faults': {
      const body = await request.json();
      for (const fault of (Array.isArray(body) ? body : [body]).map(parseFault)) faults.add(fault);
      return ok({ faults: faults.list() });
    }
    case 'DELETE faults':
      faults.clear();
      return ok({ faults: [] });
    case 'POST config':
      settings.current = changeKapsoSettings(settings.current, await request.json());
      return ok(settings.current);
    case 'GET state':
      return ok({
        ...mailbox.counts(),
        read: control.reads.length,
        counts: counters.all(),
        settings: settings.current,
        webhooks: webhooks.list().map(({ id, url, kind, active }) => ({ id, url, kind, active })),
        faults: faults.list(),
        now: new Date(control.now()).toISOString(),
      });
    case 'GET wait':
      return wait(request.query, counters);
    case 'POST deliver':
      return ok(await deliver(asObject(await request.json()), control));
    default:
      return null;
  }
}

/** `?for=NAME&count=N&timeout=MS`: 200 when the counter reaches N, 408 when it does not in time. */
export async function wait(query: URLSearchParams, counters: Counters): Promise<Answer> {
  const name = query.get('for');
  if (name === null) throw new RangeError('say what to wait for: for=sent, for=read, for=list…');
  const wanted = Number(query.get('count') ?? 1);
  const timeout = Number(query.get('timeout') ?? 30_000);
  if (!Number.isFinite(wanted) || !Number.isFinite(timeout)) throw new RangeError('count and timeout must be numbers');
  const count = await counters.wait(name, wanted, timeout);
  return { status: count >= wanted ? 200 : 408, body: { for: name, count } };
}

async function deliver(
  input: Record<string, unknown>,
  { mailbox, phoneNumberId, now }: KapsoControl,
): Promise<unknown> {
  const url = asText(input.url);
  if (url === null || !URL.canParse(url)) throw new RangeError('url must be a URL');
  const form = (input.form ?? 'v2') as WebhookForm;
  if (!webhookForms.includes(form)) throw new RangeError(`form must be one of ${webhookForms.join(', ')}`);
  const ids = Array.isArray(input.ids) ? input.ids.map(String) : [String(input.id)];
  const rows = ids.map(id => {
    const message = mailbox.find(id);
    if (!message) throw new RangeError(`there is no message ${id}`);
    return shownRow(message, now());
  });
  if (rows.length !== 1 && (form === 'v1' || form === 'v2'))
    throw new RangeError(`the form ${form} carries one message`);
  const event = asText(input.event) ?? 'whatsapp.message.received';
  const headers = Object.entries(asObject(input.headers)).map(([name, text]) => [name, String(text)]);
  const delivery = createDelivery(
    { form, event, rows, phoneNumberId, test: input.test === true },
    input.unsigned === true ? null : asText(input.secret),
    Object.fromEntries(headers),
  );
  const never = new AbortController().signal;
  const result = await attempt(url, delivery, asNumber(input.timeout, 10_000), never);
  return { ...result, idempotencyKey: delivery.idempotencyKey };
}

export function sentText({ id, createdAt, row }: StoredMessage): SentText {
  const to = asText(row.to);
  return {
    id,
    to: row.recipient_type === 'group' ? `group:${to}` : to === null ? String(row.recipient) : `+${to}`,
    text: String(asObject(row.kapso).content),
    type: String(row.type),
    object: row[String(row.type)],
    quotes: asText(asObject(row.context).id),
    callbackData: asText(row.biz_opaque_callback_data),
    at: Math.floor(createdAt / 1000),
  };
}

import type { Counters } from './counters.ts';
import { type Answer, notSimulated, type Request } from './http.ts';
import type { Journal } from './journal.ts';
import { asObject } from './json.ts';
import { kapsoError, unknownObject } from './kapso-errors.ts';
import type { RequestKind } from './kapso-faults.ts';
import { listMessages, selectFields, shownRow } from './kapso-list.ts';
import type { Mailbox, NewMessage } from './kapso-mailbox.ts';
import { isDownload, type MediaApi } from './kapso-media.ts';
import type { MediaStore } from './kapso-media-store.ts';
import { ownNumber } from './kapso-rows.ts';
import { postMessage, type Reaction, type ReadMark } from './kapso-send.ts';
import type { KapsoSettings } from './kapso-settings.ts';
import type { ReportStatus } from './kapso-statuses.ts';
import type { Templates } from './kapso-templates.ts';
import type { Webhooks } from './kapso-webhooks.ts';

export interface KapsoApi {
  host: string;
  apiKey: string;
  phoneNumberId: string;
  settings: { current: KapsoSettings };
  now: () => number;
  journal: Journal;
  mailbox: Mailbox;
  media: MediaApi;
  mediaStore: MediaStore;
  templates: Templates;
  webhooks: Webhooks;
  counters: Counters;
  reads: ReadMark[];
  /** Every reaction that was sent, the oldest first. */
  reactions: Reaction[];
  /** Says what became of a sent message, and publishes it to the webhooks. */
  reportStatus: ReportStatus;
  /** Stores messages and publishes them to the webhooks. */
  receive: (messages: NewMessage[]) => Promise<unknown>;
}

const messagesPath = /^\/meta\/whatsapp\/v\d+\.\d+\/([^/]+)\/messages(?:\/([^/]+))?$/;

/** The path of an upload, and of what is known of a file. */
const uploadPath = /^\/meta\/whatsapp\/v\d+\.\d+\/([^/]+)\/media$/;
const templatesPath = /^\/meta\/whatsapp\/v\d+\.\d+\/([^/]+)\/message_templates$/;
const objectPath = /^\/meta\/whatsapp\/v\d+\.\d+\/([^/]+)$/;

export function isUpload({ method, path }: Pick<Request, 'method' | 'path'>): boolean {
  return method === 'POST' && uploadPath.test(path);
}

export function kindOf(request: Request, body: unknown): RequestKind {
  const [, , id] = messagesPath.exec(request.path) ?? [];
  if (request.path.startsWith('/platform/')) return request.path.includes('/webhooks') ? 'webhooks' : 'other';
  if (isUpload(request)) return 'upload';
  if (isDownload(request.path)) return 'download';
  if (templatesPath.test(request.path)) return 'templates';
  if (objectPath.test(request.path)) return 'media';
  if (!messagesPath.test(request.path)) return 'other';
  if (request.method === 'GET') return id === undefined ? 'list' : 'get';
  const { status, type } = asObject(body);
  if (status !== undefined) return 'read';
  return type === 'reaction' ? 'react' : 'send';
}

/** Answers a request to Kapso's API as Kapso does. */
export async function act(request: Request, body: unknown, api: KapsoApi): Promise<Answer> {
  const {
    host,
    apiKey,
    phoneNumberId,
    settings,
    now,
    journal,
    mailbox,
    webhooks,
    counters,
    reads,
    reactions,
    media,
    receive,
  } = api;
  // The addresses of the bytes have their authorisation in themselves.
  if (request.method === 'GET' && isDownload(request.path)) return media.download(request);
  if (request.message.headers['x-api-key'] !== apiKey) return kapsoError(401, 'Invalid or missing API key');
  const [matched, number, id] = messagesPath.exec(request.path) ?? [];
  if (matched === undefined) {
    const { method, path, query } = request;
    if (method === 'GET' && path === `/platform/v1/whatsapp/phone_numbers/${phoneNumberId}`) {
      return { status: 200, body: { data: { phone_number_id: phoneNumberId, ...ownNumber } } };
    }
    if (method === 'GET' && path === '/platform/v1/whatsapp/phone_numbers') return numbersPage(api, query);
    const [, account] = templatesPath.exec(path) ?? [];
    if (account !== undefined && method === 'GET') {
      const known = account === ownNumber.business_account_id;
      return known ? api.templates.list(query) : unknownObject(account);
    }
    const forMedia = await mediaAnswer(request, api);
    return forMedia ?? (await webhooks.handle({ method, path, query, body })) ?? notSimulated(request);
  }
  if (number !== phoneNumberId) return kapsoError(404, 'WhatsApp configuration not found');
  if (request.method === 'GET' && id !== undefined) {
    const message = mailbox.find(decodeURIComponent(id));
    if (!message) return unknownObject(decodeURIComponent(id));
    return {
      status: 200,
      body: selectFields(shownRow(message, now()), request.query.get('fields'), settings.current.kapsoBlock),
    };
  }
  if (request.method === 'GET') {
    const url = new URL(request.message.url ?? '/', `http://${request.message.headers.host ?? host}`);
    return listMessages({ mailbox, settings: settings.current, now: now(), url });
  }
  if (request.method !== 'POST' || id !== undefined) return notSimulated(request);
  return postMessage(body, {
    mailbox,
    mediaStore: api.mediaStore,
    templates: api.templates,
    now: now(),
    phoneNumberId,
    enforceWindow: settings.current.enforceWindow,
    store: async message => void (await receive([message])),
    fail: async (id, error) => void (await api.reportStatus({ id, status: 'failed', ...error })),
    markRead: async mark => {
      await journal.append({ kind: 'read', mark });
      reads.push(mark);
      counters.add('read');
    },
    react: async reaction => {
      await journal.append({ kind: 'reaction', reaction });
      reactions.push(reaction);
      counters.add('react');
    },
  });
}

/** The numbers of the project, page by page, as on Kapso's page "List phone numbers". */
function numbersPage({ phoneNumberId, settings }: KapsoApi, query: URLSearchParams): Answer {
  const [page, size] = [Number(query.get('page') ?? 1), Number(query.get('per_page') ?? 20)];
  const own = { id: phoneNumberId, phone_number_id: phoneNumberId, ...ownNumber };
  const all = [own, ...settings.current.otherNumbers];
  const meta = { page, per_page: size, total_pages: Math.ceil(all.length / size), total_count: all.length };
  return { status: 200, body: { data: all.slice((page - 1) * size, page * size), meta } };
}

async function mediaAnswer(request: Request, { media, phoneNumberId }: KapsoApi): Promise<Answer | null> {
  const [, number] = uploadPath.exec(request.path) ?? [];
  if (number !== undefined && request.method === 'POST') {
    return number === phoneNumberId ? media.upload(request) : kapsoError(404, 'WhatsApp configuration not found');
  }
  const [, id] = objectPath.exec(request.path) ?? [];
  if (id === undefined || request.method !== 'GET') return null;
  const given = request.query.get('phone_number_id');
  if (given === null) return kapsoError(400, 'phone_number_id is required');
  return given === phoneNumberId
    ? media.info(decodeURIComponent(id))
    : kapsoError(404, 'WhatsApp configuration not found');
}

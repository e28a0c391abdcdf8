import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normaliseListRow, normaliseWebhook } from '../../src/kapso/inbound/normalise.ts';
import type { Normalised } from '../../src/kapso/inbound/normalised.ts';
import type { JsonObject } from '../../src/simulator/json.ts';
import { webhookMeta, webhookV1, webhookV2, webhookV2Batch } from '../../src/simulator/kapso-rows.ts';
import { phoneNumberId } from './samples.ts';

const folder = join(import.meta.dirname, '../fixtures/field-reports');

export interface FieldReport {
  posts: { sign: string; body: JsonObject }[];
  expect: {
    /** Patterns of the runs' texts, one a run. */
    runs?: string[];
    runCount?: number;
    /** Patterns that no run's text may match. */
    absent?: string[];
    /** How many messages may end as failed. */
    failed?: number;
    /** Patterns that lines of the log must match. */
    log?: string[];
  };
}

/** The report of this name. `@N@` counts up from 1 for each message; `@NOW@` is `now` (ms). */
export function fieldReport(name: string, now = Date.now()): FieldReport {
  let number = 0;
  const text = readFileSync(join(folder, `${name}.json`), 'utf8')
    .replaceAll('@NOW@', String(Math.floor(now / 1000)))
    .replaceAll('@N@', () => {
      number += 1;
      return `${name}-${number}`;
    });
  return JSON.parse(text) as FieldReport;
}

export function fieldReportNames(): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => name.slice(0, -'.json'.length));
}

/** Meta's messages in the posts of a report. */
export function messagesOf({ posts }: FieldReport): JsonObject[] {
  // biome-ignore lint/suspicious/noExplicitAny: the fixtures' form is known
  return posts.flatMap(({ body }: any) => body.entry[0].changes[0].value.messages);
}

export type Form = 'meta' | 'list' | 'v2' | 'v2-batch' | 'v1';
export const forms: readonly Form[] = ['meta', 'list', 'v2', 'v2-batch', 'v1'];

/** The message as a row of Kapso's list. `content` is Kapso's own rendering, and all that v1 has of it. */
export function listRow(message: JsonObject, content: string | null = null): JsonObject {
  const block = { direction: 'inbound', status: 'delivered', has_media: false, contact_name: 'Ann' };
  const phone = typeof message.from === 'string' ? `+${message.from}` : null;
  return { ...message, kapso: { ...block, phone_number: phone, ...(content === null ? {} : { content }) } };
}

/** Reads one message in this form. */
export function readAs(form: Form, row: JsonObject, now = Date.now()): Normalised {
  const context = { phoneNumberId, now };
  const event = 'whatsapp.message.received';
  const read = (payload: unknown) => normaliseWebhook(payload, { event }, context);
  const items = {
    meta: () => normaliseWebhook(webhookMeta([row], phoneNumberId), {}, context),
    list: () => [normaliseListRow(row, context)],
    v2: () => read(webhookV2(row, phoneNumberId)),
    'v2-batch': () => read(webhookV2Batch(event, [row, row], phoneNumberId)).slice(1),
    v1: () => read(webhookV1(event, row, phoneNumberId)),
  }[form]();
  const [item] = items;
  if (!item || items.length !== 1) throw new Error(`${form} gave ${items.length} items`);
  return item;
}

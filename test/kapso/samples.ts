import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InboundMessage } from '../../src/domain/message.ts';
import type { Normalised } from '../../src/kapso/inbound/normalised.ts';

const folder = join(import.meta.dirname, '../fixtures/kapso');

export const phoneNumberId = '647000000000001';

export function sampleNames(): string[] {
  return readdirSync(folder).filter(name => name.endsWith('.json'));
}

export function sampleText(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

// biome-ignore lint/suspicious/noExplicitAny: samples are changed in place by the tests, whatever their form
export function sample(name: string): any {
  return JSON.parse(sampleText(name));
}

export function messageOf(item: Normalised | undefined): InboundMessage {
  if (item?.kind !== 'message') throw new Error(`not a message: ${JSON.stringify(item)}`);
  return item.message;
}

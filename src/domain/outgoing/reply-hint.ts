/**
 * What an agent asks for beside the text of its answer, in a fenced block at the end of it:
 *
 *     ```whatsapp
 *     buttons: [Yes, No]
 *     ```
 */
import { asRecord, type WireObject } from '../../narrow.ts';
import type { InteractiveContent, LocationContent } from '../content.ts';
import { buttons, callToAction, flow, list, locationRequest, type Words } from './interactive.ts';
import { invalid } from './invalid.ts';
import { location, readLocation } from './location.ts';
import { reaction } from './reaction.ts';
import { readCallToAction, readChoices, readFlow, readMenu } from './read-interactive.ts';

export interface ReplyHint {
  /** Makes the answer's text, or its end, a message with something to tap. Throws SEND_CONTENT_INVALID. */
  tap?: { make: (body: string) => InteractiveContent; longestBody: number };
  location?: LocationContent;
  /** An emoji for the message that is answered. */
  reaction?: string;
}

/** What a block may have. At most one of those in `taps`. */
const taps = ['buttons', 'list', 'cta', 'flow', 'askLocation'] as const;
const names = [...taps, 'header', 'footer', 'location', 'reaction'] as const;

/** UTF-16 units. A longer block is no hint: it is read by a parser. */
const longestBlock = 8192;
/** UTF-16 units of the text above what can be tapped (WhatsApp Cloud API, "Interactive messages"). */
const longestBody = { list: 4096, other: 1024 } as const;

/** Takes the block off the end of a text. Null without one. */
export function takeHint(text: string): { text: string; block: string } | null {
  const start = text.lastIndexOf('```whatsapp');
  if (start < 0 || (start > 0 && text[start - 1] !== '\n')) return null;
  const found = /^```whatsapp[ \t]*\r?\n([\s\S]*?)\r?\n?```\s*$/.exec(text.slice(start));
  const block = found?.[1];
  return block === undefined || block.length > longestBlock ? null : { text: text.slice(0, start).trimEnd(), block };
}

/** Reads a block's value. Throws SEND_CONTENT_INVALID, with what is wrong. */
export function readHint(value: unknown): ReplyHint {
  const fields = asRecord(value);
  if (fields === null) throw invalid('the block is no object', `It has ${names.join(', ')}`);
  const foreign = Object.keys(fields).find(name => !names.some(known => known === name));
  if (foreign !== undefined)
    throw invalid(`the block has "${foreign.slice(0, 40)}"`, `It may have ${names.join(', ')}`);
  const tap = readTap(fields);
  return {
    ...(tap && { tap }),
    ...(given(fields.location) && { location: placeOf(fields.location) }),
    ...(given(fields.reaction) && { reaction: reaction('', textOf('the reaction', fields.reaction)).emoji }),
  };
}

function readTap(fields: WireObject): ReplyHint['tap'] | null {
  const [kind, ...others] = taps.filter(name => given(fields[name]));
  if (others.length > 0)
    throw invalid(`the block has ${kind} and ${others.join(' and ')}`, 'One message has one of them');
  const around = Object.fromEntries(
    (['header', 'footer'] as const).flatMap(name =>
      given(fields[name]) ? [[name, textOf(`the ${name}`, fields[name])]] : [],
    ),
  );
  if (kind === undefined) {
    const [alone] = Object.keys(around);
    if (alone !== undefined) throw invalid(`the block has a ${alone} and nothing to tap`);
    return null;
  }
  const words = (body: string): Words => ({ body, ...around });
  const make = makerOf(kind, fields[kind], words);
  // What is wrong with it shows before anything is sent. The body is checked where it is known.
  make('x');
  return { make, longestBody: kind === 'list' ? longestBody.list : longestBody.other };
}

function makerOf(
  kind: (typeof taps)[number],
  value: unknown,
  words: (body: string) => Words,
): (body: string) => InteractiveContent {
  switch (kind) {
    case 'buttons': {
      const choices = readChoices(value);
      return body => buttons(words(body), choices);
    }
    case 'list': {
      const menu = readMenu(value);
      return body => list(words(body), menu);
    }
    case 'cta': {
      const { text, url } = asRecord(value) ?? {};
      const button =
        typeof value === 'string'
          ? readCallToAction(value)
          : { title: textOf('the text of the cta', text), url: textOf('the url of the cta', url) };
      return body => callToAction(words(body), button);
    }
    case 'flow': {
      const form = readFlow(value);
      return body => flow(words(body), form);
    }
    case 'askLocation':
      return locationRequest;
  }
}

function placeOf(value: unknown): LocationContent {
  if (typeof value === 'string') return readLocation(value);
  const { latitude, longitude, name, address } = asRecord(value) ?? {};
  if (typeof latitude !== 'number' || typeof longitude !== 'number') {
    throw invalid('the location has no latitude and longitude in numbers', 'Write 52.5163,13.3777,NAME,ADDRESS');
  }
  return location({
    ...{ latitude, longitude },
    ...(given(name) && { name: textOf('the name of the location', name) }),
    ...(given(address) && { address: textOf('the address of the location', address) }),
  });
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

function textOf(what: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw invalid(given(value) ? `${what} is no text` : `${what} is missing`);
}

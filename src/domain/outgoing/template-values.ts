/** The values that a sender gives for the parameters of a message template, and their places. */
import { UsageError } from '../../errors.ts';
import { isVisible } from '../../narrow.ts';
import type { MediaSource } from '../content.ts';
import { parameterText } from '../template-text.ts';

export interface TemplateValue {
  /** A button is named by its number, counted from 1. */
  place: 'body' | 'header' | number;
  /** A name, or the number of a parameter, counted from 1. Null for the next one, and for a button. */
  parameter: string | null;
  /** Meta's word for the button's kind. Null leaves it to the template, and else to `url`. */
  buttonKind: ButtonKind | null;
  value: string;
}

export const buttonKinds = ['url', 'quick_reply', 'copy_code', 'flow'] as const;
export type ButtonKind = (typeof buttonKinds)[number];

/** The header of a template that has none of text. A file in it is uploaded before the message is sent (`withIds`). */
export type HeaderValue =
  | { kind: 'image' | 'video'; media: MediaSource }
  | { kind: 'document'; media: MediaSource & { filename?: string } }
  | { kind: 'location'; location: { latitude: number; longitude: number; name?: string; address?: string } };

export interface TemplateOrder {
  name: string;
  language: string;
  values: readonly TemplateValue[];
  header: HeaderValue | null;
}

/** A value by the name or number of its parameter. */
export type Values = ReadonlyMap<string, string>;

/** The values of an order, by their places. */
export interface PlacedValues {
  header: Values;
  body: Values;
  /** By the number of the button, counted from 1. */
  buttons: ReadonlyMap<number, TemplateValue>;
}

const placedParameter = /^(?:(header):)?([a-z_]\w*|\d{1,3})=(.*)$/is;
const buttonValue = /^button:(\d{1,2})(?::(\w+))?=(.*)$/is;

/**
 * Reads a value as it is given on the command line: `NAME=VALUE`, `1=VALUE`, or `VALUE` for the next numbered one;
 * `header:NAME=VALUE` and `header:1=VALUE`; `button:1=VALUE`, and `button:1:quick_reply=VALUE` with the button's kind.
 *
 * @throws UsageError for another form of `header:` or `button:`
 */
export function readTemplateValue(given: string): TemplateValue {
  const button = buttonValue.exec(given);
  if (button) {
    const [, number = '', word, value = ''] = button;
    const buttonKind = buttonKinds.find(kind => kind === word?.toLowerCase()) ?? null;
    if (Number(number) >= 1 && (word === undefined || buttonKind !== null)) {
      return { place: Number(number), parameter: null, buttonKind, value };
    }
  }
  const [, header, parameter, value] = placedParameter.exec(given) ?? [];
  if (parameter !== undefined && value !== undefined) {
    const key = isNumber(parameter) ? String(Number(parameter)) : parameter;
    return { place: header === undefined ? 'body' : 'header', parameter: key, buttonKind: null, value };
  }
  if (/^(?:header|button):/i.test(given)) {
    throw new UsageError(`--param ${JSON.stringify(given.slice(0, 60))} names no parameter of a header or a button`, {
      hint:
        'Write header:NAME=VALUE, header:1=VALUE, button:1=VALUE, or button:1:KIND=VALUE with one of ' +
        `${buttonKinds.join(', ')}; a text that begins so is written 1=TEXT`,
    });
  }
  return { place: 'body', parameter: null, buttonKind: null, value: given };
}

/** @throws UsageError that names the parameter that is empty, given twice, or missing between others */
export function placeValues({ name, values }: TemplateOrder): PlacedValues {
  const texts = { header: new Map<string, string>(), body: new Map<string, string>() };
  const buttons = new Map<number, TemplateValue>();
  for (const { place, parameter, buttonKind, value } of values) {
    const next = typeof place === 'number' ? '' : String(texts[place].size + 1);
    const key = parameter ?? next;
    const called = typeof place === 'number' ? `the value of button ${place}` : parameterCalled(place, key);
    const text = parameterText(value);
    if (!isVisible(text)) {
      throw new UsageError(`${called} is empty`, { hint: 'Meta refuses an empty parameter: give it a value' });
    }
    const twice = typeof place === 'number' ? buttons.has(place) : texts[place].has(key);
    if (twice) throw new UsageError(`${called} is given twice`, { hint: `Give each parameter of ${name} once` });
    if (typeof place === 'number') buttons.set(place, { place, parameter, buttonKind, value: text });
    else texts[place].set(key, text);
  }
  const header = inOrder('header', texts.header);
  return { header, body: inOrder('body', texts.body), buttons: new Map([...buttons].sort(([a], [b]) => a - b)) };
}

/** Puts numbered values into their order. Throws when there are names among them, or a number is left out. */
function inOrder(place: 'header' | 'body', values: Values): Values {
  const numbers = [...values.keys()].filter(isNumber);
  if (numbers.length === 0) return values;
  const name = [...values.keys()].find(key => !isNumber(key));
  if (name !== undefined) {
    throw new UsageError(`${parameterCalled(place, name)} has a name, and others have none`, {
      hint: "A template has parameters with names, or numbered ones: see 'templates show'",
    });
  }
  const wanted = values.size;
  const missing = Array.from({ length: wanted }, (_, at) => String(at + 1)).find(number => !values.has(number));
  if (missing !== undefined) {
    throw new UsageError(`${parameterCalled(place, missing)} is missing`, {
      hint: 'Numbered parameters are given without a gap',
    });
  }
  return new Map([...values].sort(([a], [b]) => Number(a) - Number(b)));
}

/** How a message calls a parameter: `the parameter "order"`, `parameter 1 of the header`. */
export function parameterCalled(place: 'header' | 'body', key: string): string {
  const which = isNumber(key) ? `parameter ${key}` : `the parameter "${key}"`;
  return place === 'body' ? which : `${which} of the header`;
}

export function isNumber(key: string): boolean {
  return /^\d+$/.test(key);
}

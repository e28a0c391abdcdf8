import pino from 'pino';
import { maskAddresses, maskBareNumbers } from '../mask.ts';
import { escapeControls, escapeControlsInJson } from '../printable.ts';

/** The fields of one event. An error's field is `error`, so that one search finds all errors. */
export type LogFields = { readonly [field: string]: unknown; err?: never };

/** The part of a pino logger that the program uses. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** One line of the log. */
export type LogLine = [level: LogLevel, fields: LogFields, message: string];
/** `journal`: text with syslog priorities, for systemd. `text`: for people. `json`: pino's own form. */
export type LogFormat = 'text' | 'journal' | 'json';

const levels: Record<number, { name: string; priority: number; colour: string }> = {
  20: { name: 'DEBUG', priority: 7, colour: '2' },
  30: { name: 'INFO ', priority: 6, colour: '32' },
  40: { name: 'WARN ', priority: 4, colour: '33' },
  50: { name: 'ERROR', priority: 3, colour: '31' },
};

export interface LogOptions {
  level: LogLevel;
  format: LogFormat;
  colour?: boolean;
  /** Removes secrets from a whole line. */
  scrub: (text: string) => string;
  write: (line: string) => void;
}

/** A log whose level can change while the program runs. Its children keep the level they started with. */
export interface AdjustableLog extends Log {
  level: string;
}

/** The fields that are sentences, often of others. */
const sentences: readonly string[] = ['error', 'reason', 'hint', 'note', 'stack'];

/**
 * Creates a logger that writes one line an event. A line break or control character in a value cannot start another line.
 * No line has a person's whole address in it.
 */
export function createLog(options: LogOptions): AdjustableLog {
  // Secrets first: one of which a part was masked would not be found.
  const masked = (sentence: string) => maskBareNumbers(options.scrub(sentence));
  const destination = {
    write: (json: string) => {
      const line = options.format === 'json' ? escapeControlsInJson(json) : textLine(JSON.parse(json), options);
      options.write(maskAddresses(options.scrub(line)));
    },
  };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['*.apiKey', '*.token', '*.secret', '*.authorization', '*["x-api-key"]'], censor: '[secret]' },
      errorKey: 'error',
      // Errors become one line here, before pino's own serializers would write their stacks.
      formatters: { log: fields => describeErrors(fields, masked) },
      hooks: {
        logMethod(args, method) {
          const [fields, text] = args as unknown as Parameters<Log['info']>;
          method.apply(this, [fields, masked(text)] as unknown as Parameters<typeof method>);
        },
      },
    },
    destination,
  );
}

/**
 * Returns an error as one line: its message and those of its causes. Stacks are left out; the program's last handler
 * logs them for defects.
 */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null && parts.length < 4; ) {
    const message = at instanceof Error ? at.message || at.name : String(at);
    if (!parts.some(part => part.includes(message))) parts.push(message);
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(': ');
}

/** Turns every error among the fields into one line, and masks what are sentences. */
function describeErrors(fields: object, masked: (sentence: string) => string): Record<string, unknown> {
  const shown = (key: string, value: unknown): unknown => {
    if (value instanceof Error) return masked(describeError(value));
    if (typeof value === 'string') return sentences.includes(key) ? masked(value) : value;
    return Array.isArray(value) ? value.map(one => shown(key, one)) : value;
  };
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, shown(key, value)]));
}

function textLine(event: Record<string, unknown>, options: LogOptions): string {
  const { level, time, msg, ...fields } = event;
  const { name, priority, colour } = levels[Number(level)] ?? { name: 'INFO ', priority: 6, colour: '32' };
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${fieldText(value)}`);
  const text = `${escapeControls(String(msg ?? ''))}${rest.join('')}\n`;
  if (options.format === 'journal') return `<${priority}>${text}`;
  const label = options.colour ? `\x1b[${colour}m${name}\x1b[0m` : name;
  return `${String(time)} ${label} ${text}`;
}

function fieldText(value: unknown): string {
  if (typeof value === 'string')
    return /^[\w+@.:/\u2022-]+$/u.test(value) ? value : escapeControls(JSON.stringify(value));
  return escapeControls(JSON.stringify(value) ?? 'undefined');
}

/** Chooses the format. `auto` is `journal` under systemd, else `text`. */
export function chooseFormat(setting: 'auto' | 'text' | 'json', env: NodeJS.ProcessEnv, streamId: string): LogFormat {
  if (setting !== 'auto') return setting;
  return env.JOURNAL_STREAM === streamId ? 'journal' : 'text';
}

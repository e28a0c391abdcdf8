import type { Parameters, Value } from '../sql/step.ts';

/** A statement in PostgreSQL's words. */
export interface Translated {
  readonly text: string;
  /** Puts the parameters of the statement into the order of `$1`, `$2`… Throws when a name is missing. */
  order(parameters: Parameters): Value[];
}

/**
 * The parts of a statement that mean something here, in this order: what is quoted or a comment, which stays; the hint for
 * an index; a parameter, with the `+` before it, which has a blank or a bracket before itself and none behind; a word.
 */
const token =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\s*\bINDEXED BY \w+|(?<![^\s(])\+(?=[?:])|\?\d*|:[A-Za-z_]\w*|\w+/g;

/** A name in which small letters meet great ones, as in `receivedAt`: without quotes PostgreSQL takes it for `receivedat`. */
const mixedCase = /^[a-z]\w*[A-Z]/;

/** Text has no character 0 in PostgreSQL, and nothing that people write has one. */
const withoutNull = (value: Value): Value =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;

/**
 * Turns a statement of `src/store/sql` into PostgreSQL's words: `?`, `?1` and `:name` become `$1`, `$2`…; `INDEXED BY` and
 * the `+` before a parameter, which are for SQLite, go; names such as `receivedAt` get quotes; a list of texts in JSON is read
 * (`json_each`) by PostgreSQL's own function. What is in quotes stays.
 */
export function translate(statement: string): Translated {
  /** The name of each parameter, or null for one that is given by position. */
  const names: (string | null)[] = [];

  function parameter(word: string): string {
    if (word.startsWith(':')) {
      const name = word.slice(1);
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    }
    const number = word === '?' ? names.length + 1 : Number(word.slice(1));
    while (names.length < number) names.push(null);
    return `$${number}`;
  }

  const text = statement.replace(token, word => {
    if (word.startsWith('?') || word.startsWith(':')) return parameter(word);
    if (word === '+' || /^\s*INDEXED BY /.test(word)) return '';
    // Both give the items of a list in a column `value`.
    if (word === 'json_each') return 'json_array_elements_text';
    return mixedCase.test(word) ? `"${word}"` : word;
  });
  const isNamed = names.some(name => name !== null);
  return {
    text,
    order(parameters) {
      if (!isNamed) return (parameters as readonly Value[]).map(withoutNull);
      const [values] = parameters as readonly [Readonly<Record<string, Value>>];
      return names.map(name => {
        const value = values[name ?? ''];
        if (value === undefined) throw new TypeError(`no value for :${name} is given to ${statement}`);
        return withoutNull(value);
      });
    },
  };
}

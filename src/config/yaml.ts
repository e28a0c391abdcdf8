import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigError } from './errors.ts';

export interface Position {
  line: number;
  column: number;
}

/** Finds where a key or its value stands in the file. Null for a key that is not there. */
export interface Positions {
  key(path: readonly (string | number)[]): Position | null;
  value(path: readonly (string | number)[]): Position | null;
}

/**
 * Parses YAML 1.2: `no` is text, and `0755` is a number.
 *
 * @throws ConfigError with line and column for every syntax error, a repeated key included
 */
export function readYaml(path: string, text: string): { values: unknown; positions: Positions; warnings: string[] } {
  const counter = new LineCounter();
  // The parser's own check for repeated keys compares each key with each other key.
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false });
  const place = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line, column: col };
  };
  const wrong = [
    ...document.errors.map(({ pos, code }) => ({ at: pos[0], code: code as string })),
    ...repeatedKeys(document.contents).map(at => ({ at, code: 'DUPLICATE_KEY' })),
  ];
  if (wrong.length > 0) {
    throw new ConfigError(
      wrong.map(({ at, code }) => ({
        key: '',
        file: path,
        ...place(at),
        message: `is not valid YAML: ${describeSyntax(code)}`,
      })),
    );
  }
  let values: unknown;
  try {
    values = document.toJS();
  } catch {
    throw new ConfigError([{ key: '', file: path, message: 'has an alias that names nothing, or too many aliases' }]);
  }
  const warnings = document.warnings.map(({ pos }) => {
    const { line, column } = place(pos[0]);
    return `${path}:${line}:${column}: the tag is not known and is ignored`;
  });
  return { values, positions: positionsOf(document.contents, place), warnings };
}

/** Finds positions in text that is known to parse. JSON is YAML. */
export function positionsIn(text: string): Positions {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false });
  return positionsOf(document.contents, offset => {
    const { line, col } = counter.linePos(offset);
    return { line, column: col };
  });
}

function positionsOf(root: Node | null, place: (offset: number) => Position): Positions {
  const find = (path: readonly (string | number)[]) => {
    let found: { key: unknown; value: unknown } = { key: root, value: root };
    for (const name of path) {
      const { value } = found;
      if (isSeq(value)) found = { key: value.items[Number(name)], value: value.items[Number(name)] };
      else {
        const pair = isMap(value) ? value.items.find(item => isPair(item) && String(item.key) === name) : undefined;
        if (!pair) return null;
        found = pair;
      }
    }
    return found;
  };
  const at = (node: unknown) => (isNode(node) && node.range ? place(node.range[0]) : null);
  return {
    key: path => at(find(path)?.key),
    value: path => {
      const found = find(path);
      return at(found?.value) ?? at(found?.key);
    },
  };
}

/** Returns the offset of each key that its section already has. The parser limits the depth. */
function repeatedKeys(node: unknown): number[] {
  if (isSeq(node)) return node.items.flatMap(repeatedKeys);
  if (!isMap(node)) return [];
  const seen = new Set<unknown>();
  return node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? key.value : key;
    const at = seen.has(name) && isNode(key) && key.range ? [key.range[0]] : [];
    seen.add(name);
    return [...at, ...repeatedKeys(value)];
  });
}

/** Describes a syntax error in our own words. The parser's message may quote the text, which may be a secret. */
function describeSyntax(code: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key is given twice in its section; keep one';
    case 'TAB_AS_INDENT':
      return 'a tab cannot indent; use blanks';
    case 'BAD_INDENT':
      return 'the indentation does not fit; keys of one section begin in the same column';
    case 'RESOURCE_EXHAUSTION':
      return 'it is nested too deeply from here on';
    case 'MISSING_CHAR':
      return 'a quote, bracket, colon or comma is missing';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; remove the line ---';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'a key must stand on one line and be followed by a colon and a blank';
    default:
      return `the syntax is wrong here (${code.toLowerCase().replaceAll('_', ' ')})`;
  }
}

/** The secrets that stand in the text of a configuration. */
import { isNode, parseDocument } from 'yaml';
import { settings } from '../config/config.generated.ts';

/** Whether the YAML has a secret itself, and not only the name of its file. */
export function holdsSecret(text: string): boolean {
  return secretRanges(text).length > 0;
}

/** The text with `[secret]` for each of its secrets, however they are written; also for one that was put into a comment. */
export function withoutSecrets(text: string): string {
  let [hidden, rest] = ['', 0];
  for (const [from, to] of secretRanges(text)) {
    hidden += `${text.slice(rest, from)}[secret]`;
    // The value of a block ends with its last line.
    rest = from + text.slice(from, to).trimEnd().length;
  }
  return (hidden + text.slice(rest)).replace(inComment, '$1[secret]');
}

const isSecret = ({ secret = false }: { secret?: boolean }) => secret;
const names = settings.filter(isSecret).map(({ key }) => key.slice(key.lastIndexOf('.') + 1));
const inComment = new RegExp(
  `^([^#\\r\\n]*#[^\\r\\n]*\\b(?:${names.join('|')})["']?[ \\t]*:[ \\t]*)\\S[^\\r\\n]*`,
  'gm',
);

/** Where the values of secrets begin and end, in the order of the text. */
function secretRanges(text: string): [from: number, to: number][] {
  const document = parseDocument(text, { uniqueKeys: false });
  return settings
    .filter(isSecret)
    .map(({ key }) => document.getIn(key.split('.'), true))
    .flatMap(node => (isNode(node) && node.range ? [[node.range[0], node.range[1]] as [number, number]] : []))
    .filter(([from, to]) => to > from)
    .sort(([a], [b]) => a - b);
}

/** Changes settings of a configuration file that somebody has written, and leaves the rest as it is. */
import { createTwoFilesPatch, diffLines } from 'diff';
import { type Document, isMap, parseDocument } from 'yaml';
import { leavesOf, type SchemaNode } from '../config/schema-node.ts';
import { comment } from '../config/yaml-text.ts';
import { KapsoWhatsappError } from '../errors.ts';
import type { Settings } from './config-text.ts';
import { withoutSecrets } from './secret-values.ts';

/**
 * Returns the text with these settings. Lines that no setting touches stay as they are, to the byte; a new key comes with
 * its explanation. Throws `KapsoWhatsappError` with code `CONFIG_INVALID` where the text is no YAML.
 *
 * @param path stands in the error
 */
export function editConfig(schema: SchemaNode, path: string, text: string, settings: Settings): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !(document.contents === null || isMap(document.contents))) {
    throw new KapsoWhatsappError('CONFIG_INVALID', `${path} is not valid YAML, and is left as it is`, {
      hint: `See kapso-whatsapp-cli config check ${path}`,
    });
  }
  const [, blanks = '  '] = /^( +)[^\s#-]/m.exec(text) ?? [];
  const form = { lineWidth: 0, indent: blanks.length, flowCollectionPadding: /[[{] /.test(text) };
  const before = document.toString(form);
  const descriptions = new Map(leavesOf(schema).map(({ key, node }) => [key, node.description]));
  for (const [key, value] of settings) {
    const names = key.split('.');
    if (value === undefined) {
      if (document.hasIn(names)) document.deleteIn(names);
      continue;
    }
    const isNew = !document.hasIn(names);
    // A section whose keys are all commented out is null.
    for (let depth = 1; depth < names.length; depth++) {
      const section = names.slice(0, depth);
      if (document.getIn(section) === null) document.setIn(section, document.createNode({}));
    }
    document.setIn(names, typeof value !== 'object' ? value : document.createNode(value));
    const parent = names.length > 1 ? document.getIn(names.slice(0, -1)) : document.contents;
    if (isNew && isMap(parent)) {
      const pair = parent.items.find(item => String(item.key) === names.at(-1));
      if (pair !== undefined) pair.key = commented(document.createNode(names.at(-1)), descriptions.get(key));
    }
  }
  const edited = document.toString(form);
  return before === edited ? text : withOwnLines(text, { before, edited, document });
}

/** The YAML library writes every line in its own form. This takes back the lines that are the same before and after the edit. */
function withOwnLines(
  text: string,
  { before, edited, document }: { before: string; edited: string; document: Document },
): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const own = linesOf(text.endsWith('\n') ? text : `${text}${eol}`);
  if (own.length !== linesOf(before).length) return edited;
  let at = 0;
  const merged = diffLines(before, edited).map(({ added, removed, value, count }) => {
    if (added) return value.replaceAll('\n', eol);
    const lines = own.slice(at, at + count);
    at += count;
    return removed ? '' : lines.join('');
  });
  const result = merged.join('');
  // Where the library has moved lines, its own text is the one that is surely meant.
  const read = parseDocument(result);
  const isMeant = read.errors.length === 0 && JSON.stringify(read.toJS()) === JSON.stringify(document.toJS());
  return isMeant ? result : edited;
}

/** The lines with their ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n/g) ?? [];
}

function commented<N extends { commentBefore?: string | null | undefined }>(node: N, text: string | undefined): N {
  if (text !== undefined) {
    const lines = comment(text, '');
    node.commentBefore = lines.map(line => line.slice(1)).join('\n');
  }
  return node;
}

/** Returns what differs between two configurations, without their secrets, as a unified diff without its head; '' for nothing. */
export function differences(before: string, after: string): string {
  const [former, next] = [withoutSecrets(before), withoutSecrets(after)];
  if (former === next) return '';
  const patch = createTwoFilesPatch('before', 'after', former, next, '', '', { context: 1 });
  return patch.slice(patch.indexOf('@@'));
}

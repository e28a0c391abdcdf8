/**
 * Finds the uses of `kapso-whatsapp-cli send` in a command line that an agent has run, one for each recipient. Those
 * that answer nobody are left out: a reaction, and a send that only shows what it would send. Pure.
 */
import { groupAddress } from '../../domain/recipient.ts';
import { readShell, type SimpleCommand } from './shell-words.ts';

export interface SendCommand {
  /** The recipient as written, or a group's address; null when the line does not say it: a variable, or no option for it. */
  to: string | null;
  /** The number that sends, as written; null when the line does not say it. */
  from: string | null;
  /** The exit code of the whole line is that of this send. */
  last: boolean;
}

/** A shell in a shell in a shell is deep enough. */
const deepest = 4;
const shells = /^(?:ba|da|z|k)?sh$/;
const program = /^kapso-whatsapp-cli(?:\.cjs)?$/;
/** Words of the shell's grammar before a command. */
const grammar = /^(?:if|then|elif|else|while|until|do|time|!|\{)$/;
/** Programs that run the command after them, with their options that take a value. */
const wrappers: ReadonlyMap<string, RegExp> = new Map([
  ['env', /^(?:-[uCS]|--(?:unset|chdir))$/],
  ['timeout', /^(?:-[ks]|--(?:kill-after|signal))$/],
  ['nice', /^(?:-n|--adjustment)$/],
  ['ionice', /^-[cnp]$/],
  ['stdbuf', /^-[ioe]$/],
  ['sudo', /^-[ugCDhpRrTtU]$/],
  ['setpriv', /^$/],
  ['nohup', /^$/],
  ['setsid', /^$/],
  ['exec', /^-a$/],
  ['command', /^$/],
  ['node', /^(?:-r|--require|--import)$/],
  ['npx', /^(?:-p|--package)$/],
]);
/** The options of `send` that take a value, without those that name a recipient. */
export const valuedOptions: readonly string[] = [
  ...['text', 'config', 'wait', 'from', 'reply-to', 'to-message'],
  ...['image', 'video', 'audio', 'voice', 'document', 'sticker', 'caption', 'filename', 'template', 'lang', 'param'],
  ...['location', 'contact', 'react', 'buttons', 'list', 'cta', 'flow', 'header', 'footer', 'file'],
];
/** With them the customer gets nothing that answers a message. */
const noAnswer: readonly string[] = ['react', 'unreact', 'dry-run', 'help'];

export function sendsIn(line: string, depth = 0): SendCommand[] {
  // Most commands have nothing to do with it.
  if (depth > deepest || !line.includes('kapso-whatsapp-cli')) return [];
  const commands = readShell(line);
  return commands.flatMap((command, at) => {
    const last = commands.slice(0, at).every(({ operator }) => operator === '|') && at === commands.length - 1;
    return sendsOf(command, depth).map(send => ({ ...send, last: send.last && last }));
  });
}

function sendsOf({ words }: SimpleCommand, depth: number): SendCommand[] {
  const inner = words.flatMap(substitutions);
  const nested = inner.flatMap(line => sendsIn(line, depth + 1)).map(send => ({ ...send, last: false }));
  const [name = '', ...rest] = withoutWrappers(words);
  const base = name.split('/').at(-1) ?? '';
  if (base === 'eval') return [...nested, ...sendsIn(rest.join(' '), depth + 1)];
  if (shells.test(base)) {
    const script = rest.findIndex(word => /^-[a-z]*c$/.test(word));
    return script < 0 ? nested : [...nested, ...sendsIn(rest[script + 1] ?? '', depth + 1)];
  }
  if (!program.test(base) || rest[0] !== 'send') return nested;
  const { recipients, from } = addressesOf(rest.slice(1));
  return [...nested, ...recipients.map(to => ({ to, from, last: true }))];
}

/** The command lines whose output the word takes in: `$(…)` from the first to the last bracket, and those in backticks. */
function substitutions(word: string): string[] {
  const [from, to] = [word.indexOf('$('), word.lastIndexOf(')')];
  const inBrackets = from >= 0 && to > from ? [word.slice(from + 2, to)] : [];
  return [...inBrackets, ...word.split('`').filter((_, at) => at % 2 === 1)];
}

function withoutWrappers(words: readonly string[]): readonly string[] {
  let at = 0;
  const isAssignment = () => /^\w+=/.test(words[at] ?? '');
  for (;;) {
    while (isAssignment() || grammar.test(words[at] ?? '')) at += 1;
    const options = wrappers.get(words[at]?.split('/').at(-1) ?? '');
    if (options === undefined) return words.slice(at);
    const wrapper = words[at]?.split('/').at(-1);
    at += 1;
    while (words[at]?.startsWith('-') || isAssignment()) at += options.test(words[at] ?? '') ? 2 : 1;
    // The duration.
    if (wrapper === 'timeout') at += 1;
  }
}

/** Returns each recipient; one null where none can be read, and nothing where nobody gets an answer; and who sends. */
function addressesOf(args: readonly string[]): { recipients: (string | null)[]; from: string | null } {
  const found: (string | null)[] = [];
  let from: string | null = null;
  for (let at = 0; at < args.length; at += 1) {
    const [, name = '', attached] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[at] ?? '') ?? [];
    if (args[at] === '--') break;
    if (args[at] === '-h' || noAnswer.includes(name)) return { recipients: [], from };
    if (name === 'to' || name === 'group' || name === 'from') {
      const value = attached ?? args[at + 1];
      if (attached === undefined) at += 1;
      const known = value !== undefined && !/[$`]/.test(value) ? value : null;
      if (name === 'from') from = known;
      else found.push(known !== null && name === 'group' ? groupAddress(known.trim()) : known);
    } else if (attached === undefined && valuedOptions.includes(name)) at += 1;
  }
  return { recipients: found.length > 0 ? found : [null], from };
}

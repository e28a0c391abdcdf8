/**
 * Reads a command line of a POSIX shell as simple commands of words. Tolerant: what it does not know (expansions,
 * functions) stays in the words as written. Pure.
 */

export interface SimpleCommand {
  words: string[];
  /** What follows it: `|`, `;`, `&&`, … Null after the last one. */
  operator: string | null;
}

const operators = ['&&', '||', '|&', ';;', '|', ';', '&', '(', ')', '\n'];
const redirections = ['<<<', '<<-', '<<', '>>', '>|', '>&', '<&', '<>', '&>', '>', '<'];

export function readShell(line: string): SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  /** The ends of the here-documents that begin after this line. */
  const documents: string[] = [];
  /** What the next word is, when it is none of the command's. */
  let next: 'target' | 'document' | null = null;

  const end = (operator: string | null) => {
    if (words.length > 0) commands.push({ words, operator });
    words = [];
    next = null;
  };
  const take = (word: string) => {
    if (next === 'document') documents.push(word);
    if (next === null) words.push(word);
    next = null;
  };

  for (let at = 0; at < line.length; ) {
    const rest = line.slice(at, at + 3);
    const redirection = redirections.find(one => rest.startsWith(one));
    const operator = operators.find(one => rest.startsWith(one));
    if (redirection !== undefined) {
      next = redirection === '<<' || redirection === '<<-' ? 'document' : 'target';
      at += redirection.length;
    } else if (operator !== undefined) {
      end(operator);
      at += operator.length;
      if (operator === '\n') at = skipDocuments(line, at, documents);
    } else if (/\s/.test(rest.charAt(0))) at += 1;
    else if (rest.startsWith('\\\n')) at += 2;
    else if (rest.startsWith('#')) at = indexOrEnd(line, '\n', at);
    else {
      const { word, after } = readWord(line, at);
      at = after;
      // The number of a descriptor stands directly before its redirection: `2>&1`.
      if (!(/^\d$/.test(word) && /^[<>]/.test(line.slice(at, at + 1)))) take(word);
    }
  }
  end(null);
  return commands;
}

function indexOrEnd(line: string, what: string, from: number): number {
  const found = line.indexOf(what, from);
  return found < 0 ? line.length : found;
}

/** Returns where the lines after the waiting here-documents begin. */
function skipDocuments(line: string, from: number, documents: string[]): number {
  let at = from;
  for (let end = documents.shift(); end !== undefined; end = documents.shift()) {
    for (let found = false; !found && at < line.length; ) {
      const stop = indexOrEnd(line, '\n', at);
      found = line.slice(at, stop).replace(/^\t+/, '') === end;
      at = stop + 1;
    }
  }
  return at;
}

/** Reads one word and takes its quotes away. */
function readWord(line: string, from: number): { word: string; after: number } {
  let word = '';
  let at = from;
  while (at < line.length && !/[\s;&|()<>]/.test(line.charAt(at))) {
    const char = line.charAt(at);
    if (char === "'") {
      const stop = indexOrEnd(line, "'", at + 1);
      word += line.slice(at + 1, stop);
      at = stop + 1;
    } else if (char === '"') {
      for (at += 1; at < line.length && line.charAt(at) !== '"'; at += 1) {
        if (line.charAt(at) === '\\' && /["\\$`\n]/.test(line.charAt(at + 1))) at += 1;
        word += line.charAt(at);
      }
      at += 1;
    } else if (char === '\\') {
      if (line.charAt(at + 1) !== '\n') word += line.charAt(at + 1);
      at += 2;
    } else if (line.startsWith('$(', at)) {
      const stop = indexOrEnd(line, ')', at) + 1;
      word += line.slice(at, stop);
      at = stop;
    } else {
      word += char;
      at += 1;
    }
  }
  return { word, after: at };
}

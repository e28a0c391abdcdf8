import type { Config } from './config.generated.ts';
import type { RuleProblem } from './rule-problem.ts';
import { isTrustedInTheClear } from './trusted-host.ts';

/** Checks who finds the words of voice messages and the text of documents, and by what. */
export function textOf({ transcribe, media }: Config): RuleProblem[] {
  const { provider, command, baseUrl } = transcribe;
  const problems = [
    ...wrongWords('transcribe.command', command, ['{file}', '{wav}']),
    ...wrongWords('media.documentCommand', media.documentCommand, ['{file}']),
    ...serviceAddress(baseUrl),
  ];
  if (provider === 'command' && command.length === 0) {
    const message = 'is required with the provider command: the program and its arguments as a list of words';
    problems.push({ key: 'transcribe.command', message });
  }
  if (provider === undefined && (command.length > 0 || baseUrl !== undefined)) {
    const meant = command.length > 0 ? 'transcribe.command is given; set it to command' : 'transcribe.baseUrl is given';
    problems.push({
      key: 'transcribe.provider',
      message: `is required where ${meant}: without it nothing is transcribed`,
    });
  }
  return problems;
}

/** Whether the service asks for a key. One with an address of its own may ask for none. */
export function needsServiceKey({ transcribe: { provider, baseUrl } }: Config): boolean {
  return (provider === 'openai' || provider === 'deepgram') && baseUrl === undefined;
}

/** Finds a command line that was given as one word, and one that names none of what it `needed`. */
export function wrongWords(key: string, words: readonly string[], needed: readonly string[]): RuleProblem[] {
  const [first = ''] = words;
  if (words.length === 0) return [];
  if (words.length === 1 && /\s/.test(first.trim())) {
    return [
      {
        key,
        message: 'is one word with blanks in it, and no shell splits it; give a list with a word for each argument',
      },
    ];
  }
  if (needed.length === 0 || needed.some(name => words.slice(1).some(word => word.includes(name)))) return [];
  return [{ key, message: `names no file; give ${needed.join(' or ')} among the arguments` }];
}

function serviceAddress(baseUrl: string | undefined): RuleProblem[] {
  if (baseUrl === undefined) return [];
  const url = URL.parse(baseUrl);
  const key = 'transcribe.baseUrl';
  if (!url) return [{ key, message: 'is not an address; e.g. http://127.0.0.1:8000/v1' }];
  if (url.protocol === 'https:' || isTrustedInTheClear(url.hostname)) return [];
  const message =
    'must start with https://: the key and the voice messages would go there in the clear. Plain http:// is for ' +
    'loopback and private addresses, .local and .ts.net names';
  return [{ key, message }];
}

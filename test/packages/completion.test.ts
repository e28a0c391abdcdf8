import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { testWith } from './programs.ts';

const scripts = join(import.meta.dirname, '../../dist/completions');
const dir = mkdtempSync(join(tmpdir(), 'completion-'));
writeFileSync(join(dir, 'picture.jpg'), '');
afterAll(() => rmSync(dir, { recursive: true }));

const run = (program: string, args: readonly string[], env = {}) =>
  execFileSync(program, args, {
    encoding: 'utf8',
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, TERM: 'dumb', ...env },
  });

/** A command line that somebody has typed, and what a shell then offers; everything that begins with the last word. */
const typed: readonly (readonly [string, readonly string[]])[] = [
  ['kapso-whatsapp-cli inb', ['inbox']],
  ['kapso-whatsapp-cli inbox ', ['drop', 'export', 'list', 'retry', 'show', 'tail']],
  ['kapso-whatsapp-cli inbox list --sta', ['--state', '--state-dir']],
  ['kapso-whatsapp-cli inbox list --state pe', ['pending']],
  // The value of an option is no command, and another name of a command is one.
  ['kapso-whatsapp-cli send --to inbox --im', ['--image']],
  ['kapso-whatsapp-cli preflight --de', ['--deep']],
  ['kapso-whatsapp-cli send --image pic', ['picture.jpg']],
  ['kapso-whatsapp-cli units install --sys', ['--system']],
  ['kapso-whatsapp-poller --c', ['--check-config', '--config']],
];

/** What zsh offers, printed: nothing says so otherwise but a terminal. */
const zshrc = `
fpath=(${scripts} $fpath)
autoload -Uz compinit && compinit -u -d ${dir}/dump
PS1=
zstyle ':completion:*' insert-tab false
compadd() {
  builtin compadd -O offered "$@" 2>/dev/null
  print -rl -- '' "\${offered[@]/#/offered }"
}
finish() { print -r -- the''-end; exit }
comppostfuncs=(finish)
bindkey '^I' complete-word
print -r -- the''-start
`;
const zshTyping = `
zmodload zsh/zpty
zpty shell zsh -i
while zpty -r shell line; do [[ $line == *the-start* ]] && break; done
zpty -w -n shell "$1"$'\\t'
while zpty -r shell line; do print -r -- $line; [[ $line == *the-end* ]] && break; done
`;

const shells: Readonly<Record<string, (line: string) => string[]>> = {
  bash: line => {
    const words = line.split(' ');
    const [program = ''] = words;
    const script = `. "${scripts}/${program}.bash"
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); "$FUNCTION"; echo "\${COMPREPLY[*]}"`;
    return run('bash', ['-c', script, 'bash', ...words], { FUNCTION: `_${program.replaceAll('-', '_')}` }).split(/\s/);
  },
  zsh: line => {
    writeFileSync(join(dir, '.zshrc'), zshrc);
    writeFileSync(join(dir, 'type.zsh'), zshTyping);
    const said = run('zsh', ['-f', 'type.zsh', line], { ZDOTDIR: dir });
    return [...said.matchAll(/^offered (.*?)\r*$/gm)].map(([, offer = '']) => offer);
  },
  fish: line =>
    run('fish', [
      '--no-config',
      '-c',
      `source ${scripts}/${line.split(' ')[0]}.fish; complete -C${JSON.stringify(line)}`,
    ])
      .split('\n')
      .map(offer => offer.split('\t')[0] ?? ''),
};

describe.each(Object.entries(shells))('%s completes', (shell, offers) => {
  const test = testWith(shell);
  for (const [line, expected] of typed) {
    test(line, () => expect([...new Set(offers(line))].filter(Boolean).sort()).toEqual(expected));
  }
});

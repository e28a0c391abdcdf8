import { spawn } from 'node:child_process';

/** One turn that an agent is asked to take. */
export interface AgentTurn {
  session: string;
  runId: string;
  /** The message as the gateway received it. */
  text: string;
  systemPrompt: string | null;
  /** A tool already succeeded for this input before a restart cut the run off. */
  toolDone: boolean;
  signal: AbortSignal;
  /** The agent calls this when a tool has run. Resolves when the transcript has it. */
  tool(use: ToolUse): Promise<void>;
}

export interface ToolUse {
  command: string;
  output: string;
  /** Null when the program could not be started. */
  exitCode: number | null;
}

export type AgentOutcome = { kind: 'visible'; text: string } | { kind: 'silent' } | { kind: 'error'; reason: string };
export type Agent = (turn: AgentTurn) => Promise<AgentOutcome>;

export interface Cli {
  /** The program and its arguments before `send`. */
  command: readonly string[];
  /** Added to this process's environment. */
  env?: Record<string, string>;
}

/**
 * An agent that repeats what it is told. Without a CLI the echo is the run's visible reply. With one it runs `<cli>
 * send --to ADDRESS --text "You said: …"` as a real agent would, in a group with `--group ID`, and with the `--from` that
 * the bridge tells it.
 *
 * The text can direct it: `[[slow MS]]`, `[[hang]]`, `[[fail]]` (an error before any tool), `[[fail-late]]` (an error
 * after a tool), `[[silent]]`, `[[attach FILE]]` (a `MEDIA:` line of the agent's own).
 */
export function createEchoAgent(options: { cli: Cli | null }): Agent {
  return async turn => {
    const { address, group, text } = readMessage(turn.text);
    const slow = /\[\[slow (\d{1,7})\]\]/.exec(text)?.[1];
    if (slow !== undefined) await pause(Number(slow), turn.signal);
    if (text.includes('[[hang]]')) await pause(null, turn.signal);
    if (text.includes('[[fail]]')) return { kind: 'error', reason: 'LLM request failed: the message asked for it' };
    if (text.includes('[[silent]]')) return { kind: 'silent' };
    const echo = `You said: ${withoutPaths(text).replace(/\[\[attach ([^\]\n]+)\]\]/g, 'MEDIA:$1')}`;
    if (options.cli && !turn.toolDone) {
      if (address === null) return { kind: 'error', reason: 'the message has no address to answer to' };
      const to = group === null ? ['--to', address] : ['--group', group];
      const args = ['send', ...senderOf(turn.systemPrompt), ...to, '--text', echo];
      const use = await run(options.cli, args, turn.signal);
      await turn.tool(use);
      if (use.exitCode !== 0) return { kind: 'visible', text: `The answer could not be sent: ${use.output}` };
    }
    if (text.includes('[[fail-late]]')) {
      if (!options.cli) await turn.tool({ command: 'true', output: '', exitCode: 0 });
      return { kind: 'error', reason: 'LLM request failed: the message asked for it, after a tool ran' };
    }
    return { kind: 'visible', text: options.cli ? 'Sent.' : echo };
  };
}

/**
 * Parses a bridge's message: a first line `From: NAME (ADDRESS) …` or `From: NAME (ADDRESS, role ROLE) …`, an empty line,
 * and the sender's lines, each after `> `; what is told before them ends with a line `The message:`. Any other message is all
 * text, without an address.
 */
export function readMessage(message: string): { address: string | null; group: string | null; text: string } {
  const [header = '', blank, ...lines] = message.split('\n');
  const [, address, place = ''] = /^From: [^()]*\(([^(),]+)(?:, role [a-z0-9-]+)?\)(.*)$/.exec(header) ?? [];
  if (address === undefined || blank !== '') return { address: null, group: null, text: message };
  const group = /^ on WhatsApp in the group (\S+) at /.exec(place)?.[1] ?? null;
  const own = lines.slice(lines.indexOf('The message:') + 1);
  return { address, group, text: own.map(line => line.replace(/^> ?/, '')).join('\n') };
}

/** Takes the number that sends from the command that the bridge tells, where there are several. */
function senderOf(systemPrompt: string | null): string[] {
  const [, from] = /kapso-whatsapp-cli send --from ([a-z0-9-]+) /.exec(systemPrompt ?? '') ?? [];
  return from === undefined ? [] : ['--from', from];
}

/** A customer gets no path of this machine: of a file that came with the message only its type and size are repeated. */
function withoutPaths(text: string): string {
  return text.replace(/^(Its file \([^)\n]*\)) is here: .*$/gm, '$1 came with it.');
}

function pause(ms: number | null, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = ms === null ? undefined : setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Writes a word as an agent writes it on its command line. */
function shellWord(word: string): string {
  return /^[\w+./:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Runs the CLI to its end. An aborted turn does not take back what the CLI has begun. */
function run(cli: Cli, args: readonly string[], signal: AbortSignal): Promise<ToolUse> {
  const [program, ...first] = cli.command;
  if (program === undefined) throw new RangeError('the CLI command is empty');
  const command = ['kapso-whatsapp-cli', ...args].map(shellWord).join(' ');
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const child = spawn(program, [...first, ...args], {
      env: { ...process.env, ...cli.env, OPENCLAW_SHELL: 'exec' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
    child.on('error', error => resolve({ command, output: error.message, exitCode: null }));
    child.on('close', exitCode => resolve({ command, output: output.trim(), exitCode: exitCode ?? 1 }));
  });
}

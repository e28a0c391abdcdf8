import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';

/** What the conversation needs from the demo. */
export interface Conversation {
  /** The customer's number. */
  phone: string;
  /** Sends a message as the customer. */
  write(text: string): Promise<void>;
  /**
   * Resolves when `until` messages have been answered, with the answers after the first `from`, each after who has sent
   * it. Rejects when they do not come.
   */
  answers(from: number, until: number): Promise<string[]>;
  /** The text of `/help`. */
  help: string;
}

/** Sends every line of standard input as a message and prints its answer. Resolves when no lines are left and all are answered. */
export function converse(conversation: Conversation): Promise<void> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return terminal ? onTerminal(conversation) : lineByLine(conversation);
}

async function lineByLine({ phone, write, answers, help }: Conversation): Promise<void> {
  let written = 0;
  for await (const line of createInterface(process.stdin)) {
    const text = line.trim();
    if (text === '/help') process.stdout.write(help);
    if (text === '' || text === '/help') continue;
    process.stdout.write(`you (${phone}): ${line}\n`);
    await write(line);
    for (const answer of await answers(written, written + 1)) process.stdout.write(`${answer}\n`);
    written += 1;
  }
}

/** The user may type while an answer is awaited: the answer is printed above that line. */
function onTerminal({ phone, write, answers, help }: Conversation): Promise<void> {
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: `you (${phone}): ` });
  const ended = Promise.withResolvers<void>();
  let open = true;
  let written = 0;
  let sending = Promise.resolve();
  let answering = Promise.resolve();
  input.on('line', line => {
    const text = line.trim();
    if (text === '/help') process.stdout.write(help);
    input.prompt();
    if (text === '' || text === '/help') return;
    const from = written;
    written += 1;
    sending = sending.then(() => write(line));
    const sent = sending;
    answering = answering.then(async () => {
      await sent;
      for (const answer of await answers(from, from + 1)) printAbove(open ? input : null, answer);
    });
    answering.catch(ended.reject);
  });
  // A terminal in raw mode gives Ctrl-C to readline only.
  input.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  input.once('close', () => {
    open = false;
    process.stdout.write('\n');
    answering.then(ended.resolve, ended.reject);
  });
  input.prompt();
  return ended.promise;
}

/** Prints a line in the prompt's place, and below it the prompt with the typed text. */
function printAbove(input: Interface | null, line: string): void {
  if (input === null) {
    process.stdout.write(`${line}\n`);
    return;
  }
  moveCursor(process.stdout, 0, -input.getCursorPos().rows);
  cursorTo(process.stdout, 0);
  clearScreenDown(process.stdout);
  process.stdout.write(`${line}\n`);
  input.prompt(true);
}

import type { Clock } from '../clock.ts';
import type { LogLine } from '../page/shape.ts';
import { nameOf } from './letters.ts';
import type { Progress } from './progress.ts';

/** Says what happens, in plain words, each thing once. */
export interface Teller {
  say(text: string, tone?: LogLine['tone']): void;
  /** Says it unless it was said before. */
  sayOnce(text: string, tone?: LogLine['tone']): void;
  /** Says what has become of a message since the last time. */
  follow(progress: Progress): void;
}

export function createTeller(tell: (line: LogLine) => void, clock: Clock): Teller {
  let lines = 0;
  const told = new Set<string>();
  const say: Teller['say'] = (text, tone = 'plain') => {
    lines += 1;
    tell({ id: String(lines), at: clock.now(), tone, text });
  };

  /** What is said of the first message alone. */
  const atFirst = (what: string, text: string) => ([...told].some(key => key.endsWith(` ${what}`)) ? '' : text);

  return {
    say,
    sayOnce: (text, tone) => {
      if (told.has(text)) return;
      told.add(text);
      say(text, tone);
    },
    follow: progress => {
      const { letter, entry, via, runAt, answers, receipts } = progress;
      const name = nameOf(letter);
      const once = (what: string, text: string, tone: LogLine['tone'] = 'plain') => {
        const key = `${letter.id} ${what}`;
        if (told.has(key)) return;
        told.add(key);
        say(text, tone);
      };
      if (letter.wamid === null) once('waits', `${capital(name)} waits on the phone.`);
      if (entry !== null && (via !== null || runAt !== null)) {
        const way = via === null ? '' : via === 'webhook' ? ' by webhook' : ' by polling';
        once(
          'kept',
          `${capital(name)} came${way} and is on disk.${atFirst('kept', ' From here on it cannot get lost.')}`,
        );
      }
      if (runAt !== null) {
        once('run', `The agent was given ${name}${atFirst('run', ', under its own id: it cannot run twice')}.`);
      }
      const [answer] = answers;
      if (answer !== undefined) {
        const how =
          answer.via === 'agent' ? 'The agent itself sent it, with kapso-whatsapp-cli' : 'The poller sent its text';
        once('answered', `The agent answered ${name}. ${how}.`, 'good');
        if (receipts === 'read') once('read', `The answer to ${name} was delivered and read.`, 'good');
      }
      if (entry?.state === 'failed') once('failed', `${capital(name)} was given up: ${entry.reason ?? ''}`, 'bad');
      if (entry?.state === 'settled' && entry.outcome === 'silent')
        once('silent', `The agent said nothing to ${name}.`);
    },
  };
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}

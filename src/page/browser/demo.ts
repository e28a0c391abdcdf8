import type { Change, DemoView, Mode, PartName } from '../shape.ts';
import { complain } from './complaint.ts';
import { type Connection, connect } from './connection.ts';
import { createCounters } from './counters.ts';
import { byId, setText } from './elements.ts';
import { createLines } from './lines.ts';
import { openWithToken, showConnection } from './opening.ts';
import { isStopped, showPart } from './parts.ts';
import { createPhone } from './phone.ts';
import { createPipeline, titleOf } from './pipeline.ts';
import { samplePicture } from './sample-picture.ts';
import { createThemeSwitch } from './theme-switch.ts';

/** Texts of "Five messages at once". */
const burst = ['One', 'Two', 'Three', 'Four', 'Five'];
/** Does something at a click, and says when it could not be done. */
function onClick(id: string, work: () => Promise<void>): void {
  byId(id).addEventListener('click', () => void work().catch(complain));
}

function openComposer(connection: Connection): void {
  const words = byId('words') as HTMLTextAreaElement;
  const file = byId('file') as HTMLInputElement;
  const menu = byId('attach-menu');
  const send = async () => {
    const text = words.value;
    if (text.trim() === '') return;
    words.value = '';
    grow();
    try {
      await connection.act('write', { texts: [text] });
    } catch (error) {
      // What was written is not lost.
      if (words.value === '') words.value = text;
      throw error;
    }
  };
  const grow = () => {
    words.rows = Math.min(5, words.value.split('\n').length);
  };
  words.addEventListener('input', grow);
  words.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send().catch(complain);
  });
  byId('composer').addEventListener('submit', event => {
    event.preventDefault();
    send().catch(complain);
  });

  const choose = (id: string, work: () => Promise<void>) =>
    onClick(id, async () => {
      menu.hidePopover();
      words.focus();
      await work();
    });
  const sendFile = (blob: Blob, name: string) => connection.sendFile(blob, { name, caption: caption() });
  /** What is written stands below the file. */
  const caption = () => {
    const text = words.value.trim();
    words.value = '';
    return text;
  };
  choose('sample-picture', async () => sendFile(await samplePicture(), 'sample.png'));
  choose('sample-voice', () => connection.act('send-voice'));
  for (const button of byId('starters').querySelectorAll('button')) {
    button.addEventListener('click', () => {
      words.focus();
      connection.act('write', { texts: [button.textContent ?? ''] }).catch(complain);
    });
  }
  if (matchMedia('(min-width: 801px)').matches) words.focus({ preventScroll: true });
  choose('burst', () => connection.act('write', { texts: burst }));
  choose('own-file', async () => file.click());
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    file.value = '';
    if (chosen) sendFile(chosen, chosen.name).catch(complain);
  });
}

function openSwitches(connection: Connection): void {
  for (const part of ['kapso', 'poller', 'gateway'] as const satisfies readonly PartName[]) {
    const off = part === 'kapso' ? 'stop' : 'kill';
    onClick(`${part}-turn`, () => connection.act('turn', { part, how: isStopped(part) ? 'start' : off }));
  }
  onClick('poll-now', () => connection.act('poll'));
  byId('mode').addEventListener('change', event => {
    const { value } = event.target as HTMLInputElement;
    connection.act('mode', { mode: value }).catch(error => {
      showMode(value === 'polling' ? 'webhook' : 'polling');
      complain(error);
    });
  });
}

function showMode(mode: Mode): void {
  for (const radio of byId('mode').querySelectorAll('input')) radio.checked = radio.value === mode;
  setText(byId('stage-intake'), mode === 'polling' ? 'Poll' : 'Webhook');
}

let nextPoll: number | null = null;
let isPolling = true;

/** A poller that does not run, or waits for webhooks, cannot be asked to poll. */
function showPollNow(): void {
  byId('poll-now').hidden = !isPolling || isStopped('poller');
}

function showDemo({ mode, busy, ownGateway, nextPoll: next }: DemoView): void {
  if (!busy) showMode(mode);
  nextPoll = next;
  isPolling = mode === 'polling';
  showPollNow();
  byId('gateway-turn').hidden = ownGateway !== null;
  document.body.toggleAttribute('data-busy', busy);
}

function showCountdown(): void {
  const seconds = nextPoll === null ? null : Math.max(0, Math.ceil((nextPoll - Date.now()) / 1000));
  setText(byId('countdown'), seconds === null ? '' : seconds === 0 ? '· now' : `· next in ${seconds} s`);
}

function showTurn(part: PartName): void {
  const button = byId(`${part}-turn`);
  if (part === 'poller') showPollNow();
  if (part === 'kapso') {
    setText(button, isStopped(part) ? 'Bring back' : 'Take offline');
    return;
  }
  const word = isStopped(part) ? 'Start' : 'Kill';
  setText(button, word);
  button.setAttribute('aria-label', `${word} the ${part}`);
}

function start(): void {
  createThemeSwitch(byId('theme'));
  const phone = createPhone(byId('chat'), { presence: byId('presence'), starters: byId('starters') });
  const addLine = createLines(byId('lines'));
  const showCounters = createCounters(byId('counters'));
  const pipeline = createPipeline(byId('messages'), byId('pipeline-empty'), [
    {
      icon: 'again',
      label: view => `Have Kapso bring it again: ${titleOf(view)}`,
      run: ({ id }) => void connection.act('repeat', { id }).catch(complain),
    },
  ]);

  const show = (change: Change) => {
    if ('set' in change) {
      if (change.set === 'parts') {
        for (const part of change.value) {
          showPart(part);
          showTurn(part.name);
        }
      } else if (change.set === 'counters') showCounters(change.value);
      else if (change.set === 'demo') {
        showDemo(change.value);
        phone.typing(change.value.typing);
        showCountdown();
      }
    } else if (change.put === 'messages') {
      for (const view of change.value) {
        phone.message(view);
        pipeline.put(view);
      }
    } else if (change.put === 'answers') for (const view of change.value) phone.answer(view);
    else for (const line of change.value) addLine(line);
  };
  const connection = connect({ change: show, state: showConnection });

  openComposer(connection);
  openSwitches(connection);
  setInterval(showCountdown, 250);
  openWithToken(connection);
}

start();

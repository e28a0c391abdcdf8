import { type Fact, type MessageView, type Stage, stages } from '../shape.ts';
import { element, exactTimeOf, icon, setText } from './elements.ts';

/** What each stage is called, for who does not see the track. */
const stageNames: Readonly<Record<Stage, string>> = {
  kapso: 'Kapso',
  intake: 'Receive',
  store: 'Store',
  agent: 'Agent',
  answer: 'Answer',
  ticks: 'Read',
};

/** A button at each message. */
export interface RowAction {
  /** What it says of a message, for a screen reader too. */
  label: (view: MessageView) => string;
  /** What the button shows: a word, or else a symbol. */
  word?: string;
  icon?: string;
  /** Whether it can be done. Without it, always. */
  when?: (view: MessageView) => boolean;
  run: (view: MessageView) => void;
}

export interface Pipeline {
  put(view: MessageView): void;
}

interface Row {
  root: HTMLElement;
  show(view: MessageView): void;
}

/** Rows that are kept in the page. */
const mostRows = 150;

/** The messages on their way, the newest first: each with a track of the stages, how it fares, and what is known of it. */
export function createPipeline(list: HTMLElement, empty: HTMLElement, actions: readonly RowAction[]): Pipeline {
  const rows = new Map<string, Row>();
  return {
    put: view => {
      let row = rows.get(view.id);
      if (!row) {
        row = createRow(view, actions);
        rows.set(view.id, row);
        row.root.dataset.time = String(view.at);
        // The newest first, whenever it is told of.
        const earlier = [...list.children].find(other => Number((other as HTMLElement).dataset.time) <= view.at);
        list.insertBefore(row.root, earlier ?? null);
        empty.hidden = true;
        const [oldest] = rows.keys();
        if (rows.size > mostRows && oldest !== undefined) {
          rows.get(oldest)?.root.remove();
          rows.delete(oldest);
        }
        // The first step is drawn before the next, so that it moves.
        row.show({ ...view, reached: null });
        void row.root.offsetWidth;
      }
      row.show(view);
    },
  };
}

function createRow(first: MessageView, actions: readonly RowAction[]): Row {
  let present = first;
  const stage = element('span', { class: 'hidden' });
  const says = element('span', { class: 'says' });
  const again = element('span', { class: 'again' });
  const stops = stages.map(stage => element('i', { 'data-stage': stage }));
  const token = element('b');
  const track = element('div', { class: 'track', 'aria-hidden': 'true' }, [
    element('span', { class: 'line' }),
    ...stops,
    token,
  ]);
  const facts = element('dl');
  const details = element(
    'details',
    {},
    [element('summary', {}, [icon(iconOf(first)), element('span', { class: 'words' }, [titleOf(first)])]), facts],
    { toggle: () => root.scrollIntoView({ block: 'nearest' }) },
  );
  const buttons = actions.map(action => {
    const label = action.label(first);
    const attributes = { type: 'button', class: action.word ? 'small' : 'ghost', 'aria-label': label, title: label };
    const shown = action.word ?? icon(action.icon ?? '');
    return { action, button: element('button', attributes, [shown], { click: () => action.run(present) }) };
  });
  const root = element('li', { class: 'row' }, [
    details,
    track,
    element('div', { class: 'fate' }, [stage, says, again, ...buttons.map(({ button }) => button)]),
  ]);
  let shownFacts = '';
  return {
    root,
    show: view => {
      present = view;
      const at = view.reached === null ? -1 : stages.indexOf(view.reached);
      root.dataset.state = view.state;
      root.dataset.at = String(at);
      for (const [index, stop] of stops.entries()) stop.classList.toggle('passed', index <= at);
      setText(stage, view.reached === null ? 'On the phone: ' : `At ${stageNames[view.reached]}: `);
      setText(says, view.says);
      for (const { action, button } of buttons) button.hidden = action.when?.(view) === false;
      setText(again, view.repeats === 0 ? '' : view.repeats === 1 ? 'came twice' : `came ${view.repeats + 1} times`);
      const json = JSON.stringify(view.facts);
      if (json !== shownFacts) facts.replaceChildren(...view.facts.flatMap(factElements));
      shownFacts = json;
    },
  };
}

/** What a message is called. */
export function titleOf({ text, media }: MessageView): string {
  return text || (media === null ? '' : media.kind === 'image' ? 'Picture' : media.name);
}

function iconOf({ icon: named, media }: MessageView): string {
  if (named !== undefined) return named;
  return media === null ? 'text' : { image: 'image', audio: 'mic', file: 'file' }[media.kind];
}

function factElements({ label, at, value, verbatim }: Fact): HTMLElement[] {
  const text = [at === undefined ? '' : exactTimeOf(at), value].filter(Boolean).join(' · ');
  return [element('dt', {}, [label]), element('dd', verbatim ? { class: 'verbatim' } : {}, [text])];
}

import type { PartName, PartView } from '../shape.ts';
import { byId, setText } from './elements.ts';

const phaseText: Readonly<Record<PartView['phase'], string>> = {
  starting: 'starts',
  running: 'runs',
  stopped: 'stopped',
  trouble: 'in trouble',
};

/** Shows how a program fares in its card: `#part-NAME` with elements of the classes `state` and `todo`. */
export function showPart({ name, phase, says, todo }: PartView): void {
  const card = byId(`part-${name}`);
  card.dataset.phase = phase;
  const [state, hint] = [card.querySelector('.state'), card.querySelector<HTMLElement>('.todo')];
  if (state) setText(state, phase === 'starting' ? 'Starting…' : says);
  if (hint) {
    hint.hidden = todo === null;
    setText(hint, todo ?? '');
  }
  const light = card.querySelector('.light');
  light?.setAttribute('title', phaseText[phase]);
}

export function isStopped(name: PartName): boolean {
  return byId(`part-${name}`).dataset.phase === 'stopped';
}

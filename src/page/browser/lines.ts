import type { LogLine } from '../shape.ts';
import { element, preciseTimeOf } from './elements.ts';

/** Lines that are kept in the page. */
const mostLines = 200;

/** What happens, the newest first. Returns a function that adds a line. */
export function createLines(list: HTMLElement): (line: LogLine) => void {
  const known = new Set<string>();
  return ({ id, at, tone, text }) => {
    if (known.has(id)) return;
    known.add(id);
    list.prepend(
      element('li', { 'data-tone': tone }, [element('time', {}, [preciseTimeOf(at)]), element('span', {}, [text])]),
    );
    if (list.children.length > mostLines) list.lastElementChild?.remove();
  };
}

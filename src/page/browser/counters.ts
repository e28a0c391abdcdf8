import type { Counter } from '../shape.ts';
import { element, setText } from './elements.ts';

/** Numbers with what they count. Returns a function that shows them. */
export function createCounters(list: HTMLElement): (counters: readonly Counter[]) => void {
  const shown = new Map<string, { root: HTMLElement; value: HTMLElement }>();
  return counters => {
    for (const { name, label, value, wanted } of counters) {
      let one = shown.get(name);
      if (!one) {
        const number = element('dd');
        one = { root: element('div', { 'data-counter': name }, [element('dt', {}, [label]), number]), value: number };
        shown.set(name, one);
        list.append(one.root);
      }
      setText(one.value, String(value));
      one.root.dataset.is = wanted === 'none' ? (value === 0 ? 'good' : 'bad') : 'plain';
    }
  };
}

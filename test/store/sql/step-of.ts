import type { Step } from '../../../src/store/sql/step.ts';

/** A step that does this and asks nothing. */
export function stepOf<T>(run: () => T): Step<T> {
  return { [Symbol.iterator]: () => ({ next: () => ({ done: true, value: run() }) }) };
}

import type { Problem } from './errors.ts';

/** A problem without its place. The caller adds the place of the key's value, or the key's variable where it has no value. */
export type RuleProblem = Pick<Problem, 'key' | 'inside' | 'message'>;

import { expect, it } from 'vitest';
import { createOnce } from '../../src/observe/once.ts';

it('lets each new reason through once, and the end of them', () => {
  const isNew = createOnce();
  expect([null, 'a', 'a', 'b', 'a', null, null, 'a'].filter(isNew)).toEqual(['a', 'b', 'a', null, 'a']);
});

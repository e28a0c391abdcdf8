import { expect, test } from 'vitest';
import { csvLine } from '../../src/cli/csv.ts';

test.each([
  ['＝1+1', "'＝1+1"],
  [' =1', "' =1"],
  ['\t=1', '\\u0009=1'],
  ['a\r\n@b', `"a\n'@b"`],
  ['\u0000=1', '\\u0000=1'],
  ['x;"=1"', `"x;'""=1"""`],
  ['3 - 2 = 1', '3 - 2 = 1'],
])('%j in a cell becomes %j', (given, written) => {
  expect(csvLine([given, null, -5])).toBe(`${written},,-5\r\n`);
});

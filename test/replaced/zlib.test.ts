import { createRequire } from 'node:module';
import type * as Zlib from 'node:zlib';
import { expect, it } from 'vitest';

it("the poller's zlib is Node's", () => {
  const zlib = createRequire(import.meta.url)('../../src/replaced/zlib.cjs') as typeof Zlib;
  const text = 'again and again and again';
  expect(String(zlib.inflateRawSync(zlib.deflateRawSync(text)))).toBe(text);
  expect(zlib.constants.Z_SYNC_FLUSH).toBe(2);
});

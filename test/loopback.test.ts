import { expect, it } from 'vitest';
import { isLoopback } from '../src/loopback.ts';

it.each([
  ['ws://localhost:18789', true],
  ['ws://127.0.0.1:18789', true],
  ['ws://127.1', true],
  ['ws://[::1]:1', true],
  ['ws://[0:0:0:0:0:0:0:1]', true],
  ['ws://127.0.0.1.example.com', false],
  ['ws://127.example', false],
  ['ws://localhost.example', false],
  ['ws://10.0.0.1', false],
  ['ws://[::2]', false],
  ['ws://0.0.0.0', false],
])('%s is this machine: %s', (url, expected) => {
  expect(isLoopback(new URL(url).hostname)).toBe(expected);
});

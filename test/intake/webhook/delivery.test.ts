import { describe, expect, test } from 'vitest';
import { objectionTo } from '../../../src/intake/webhook/delivery.ts';

describe('before its body is read, a delivery', () => {
  test.each([
    {},
    { 'content-length': '10' },
    { 'content-encoding': 'identity' },
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'application/cloudevents+json' },
  ])('with %j is taken', headers => {
    expect(objectionTo({ 'content-type': 'application/json', ...headers }, 10)).toBeNull();
  });

  test.each([
    [{ 'content-length': '11' }, 413, 'the body is larger than 10 bytes'],
    [{ 'content-type': undefined }, 415, 'the content type is not JSON'],
    [{ 'content-type': 'application/jsonx' }, 415, 'the content type is not JSON'],
    [{ 'content-type': 'text/plain' }, 415, 'the content type is not JSON'],
    [{ 'content-encoding': 'gzip' }, 415, 'the body is compressed'],
    [{ 'content-length': '11', 'content-encoding': 'gzip' }, 413, 'the body is larger than 10 bytes'],
  ])('with %j is refused with %i: %s', (headers, status, error) => {
    expect(objectionTo({ 'content-type': 'application/json', ...headers }, 10)).toEqual({ status, error });
  });
});

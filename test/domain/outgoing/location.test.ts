import fc from 'fast-check';
import { expect, test } from 'vitest';
import { location, readLocation } from '../../../src/domain/outgoing/location.ts';

test('a place is read as it is written', () => {
  const degrees = (most: number) => fc.integer({ min: -most * 1e6, max: most * 1e6 }).map(micro => micro / 1e6);
  const text = fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,20}[a-z]$/);
  fc.assert(
    fc.property(degrees(90), degrees(180), text, text, (latitude, longitude, name, address) => {
      const place = { kind: 'location', latitude, longitude };
      fc.pre(![latitude, longitude].some(one => String(one).includes('e')));
      expect(readLocation(`${latitude},${longitude}`)).toEqual(place);
      expect(readLocation(` ${latitude} , ${longitude} , ${name} `)).toEqual({ ...place, name });
      expect(readLocation(`${latitude},${longitude},"${name}, ${name}",${address}, ${address}`)).toEqual({
        ...{ ...place, name: `${name}, ${name}`, address: `${address}, ${address}` },
      });
    }),
  );
});

test('no degrees are taken that are none', () => {
  expect(() => location({ latitude: Number.NaN, longitude: 0 })).toThrow('the latitude of the place is NaN');
  expect(() => location({ latitude: 0, longitude: Number.POSITIVE_INFINITY })).toThrow(
    'the longitude of the place is Infinity',
  );
});

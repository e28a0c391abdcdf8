import type { LocationContent } from '../content.ts';
import { assertLength, invalid } from './invalid.ts';

const longest = { name: 1000, address: 1000 } as const;
const example = 'Give it as LAT,LON in degrees: 52.5163,13.3777, and after it ,NAME or ,NAME,ADDRESS';

/**
 * Reads a place as `LAT,LON[,NAME[,ADDRESS]]`, in degrees. A name with a comma takes quotes: `"Bar, Grill"`. An address
 * may have commas. Throws SEND_CONTENT_INVALID.
 */
export function readLocation(written: string): LocationContent {
  const [latitude = '', longitude = '', ...rest] = written.split(',').map(part => part.trim());
  const degrees = {
    latitude: readDegrees('latitude', latitude, 90),
    longitude: readDegrees('longitude', longitude, 180),
  };
  const [, quoted, plain = '', address = ''] = /^\s*(?:"([^"]*)"|([^,]*))\s*(?:,(.*))?$/s.exec(rest.join(', ')) ?? [];
  if (/^[+-]?\d+$/.test(plain.trim()) && Object.values(degrees).every(Number.isInteger)) {
    throw invalid('the place has more than two numbers', 'Write degrees with a point: 52.5163,13.3777');
  }
  return location({ ...degrees, name: (quoted ?? plain).trim(), address: address.trim() });
}

/** Makes a place of its parts, without those that are empty. Throws SEND_CONTENT_INVALID. */
export function location(place: {
  /** Degrees. */
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}): LocationContent {
  const { latitude, longitude, name = '', address = '' } = place;
  assertDegrees('latitude', latitude, 90);
  assertDegrees('longitude', longitude, 180);
  assertLength('the name of the place', name, longest.name);
  assertLength('the address of the place', address, longest.address);
  if (address !== '' && name === '') {
    throw invalid('the place has an address and no name', 'WhatsApp shows the address only under a name: give both');
  }
  return {
    kind: 'location',
    latitude,
    longitude,
    ...(name !== '' && { name }),
    ...(address !== '' && { address }),
  };
}

function readDegrees(what: string, text: string, most: number): number {
  if (!/^[+-]?\d{1,3}(?:\.\d{1,15})?$/.test(text)) throw invalid(`the ${what} of the place is no number`, example);
  const degrees = Number(text);
  assertDegrees(what, degrees, most);
  return degrees;
}

function assertDegrees(what: string, degrees: number, most: number): void {
  if (Math.abs(degrees) <= most) return;
  throw invalid(`the ${what} of the place is ${degrees}`, `It goes from -${most} to ${most} degrees`);
}

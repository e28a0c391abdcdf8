import { expect, it } from 'vitest';
import { createShownDevice, type Device } from '../../../src/agents/openclaw/shown-device.ts';
import { KapsoWhatsappError } from '../../../src/errors.ts';

const granted = { protocol: 4, scopes: ['operator.read', 'operator.write'] };
const nothing = { protocol: 4, scopes: [] };
const device: Device = {
  identity: { deviceId: 'id', privateKeyPem: '', publicKeyPem: '' },
  tokens: { load: () => null, save: () => undefined, forget: () => undefined },
};

it('is made once it is needed, and shown from then on', () => {
  const shown = createShownDevice(null, () => device);
  expect(shown.check(granted)).toBeNull();
  expect(shown.current).toBeNull();
  expect(shown.check(nothing)).toMatchObject({ phase: 'connecting', retryAfter: 100 });
  expect(shown.current).toBe(device);
  expect(shown.check(nothing)).toMatchObject({ phase: 'blocked', hint: expect.stringContaining('It was shown') });
});

it('is not made where none is to be shown', () => {
  expect(createShownDevice(null, null).check(nothing)).toMatchObject({ phase: 'blocked' });
});

it('that cannot be made says why', () => {
  const shown = createShownDevice(null, () => {
    throw new KapsoWhatsappError('GATEWAY_IDENTITY_UNREADABLE', 'it is damaged', { hint: 'mend it' });
  });
  expect(shown.check(nothing)).toMatchObject({
    phase: 'blocked',
    reason: expect.stringMatching(/ missing\. it is damaged\.$/),
    hint: 'mend it',
  });
});

it('helps nothing against a gateway of another protocol, but is shown', () => {
  expect(createShownDevice(device, null).check({ ...granted, protocol: 5 })).toMatchObject({
    reason: expect.stringContaining('protocol 5'),
  });
});

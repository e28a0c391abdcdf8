import type { Sighting } from '../../src/domain/contact.ts';
import type { Filed, ReceivedEntry } from '../../src/store/new-entry.ts';
import { account } from './fixtures.ts';

export const nobody = { phone: null, userId: null, parentId: null, name: null };

/** An entry that is filed under its contact alone. */
export function received(
  id: string,
  from: Partial<Sighting>,
  over: Partial<Pick<ReceivedEntry, 'account' | 'occurredAt'>> & { filed?: Partial<Filed> } = {},
): ReceivedEntry {
  const { filed, ...rest } = over;
  return {
    ...{ id, account, occurredAt: 1000, body: `body of ${id}`, from: { ...nobody, ...from } },
    file: ({ key, origin }) => ({
      ...{ lane: `lane of ${key}`, contact: key, conversation: `lane of ${key}`, session: `session of ${origin}` },
      ...{ author: key, admission: { kind: 'admitted' } },
      ...filed,
    }),
    ...rest,
  };
}

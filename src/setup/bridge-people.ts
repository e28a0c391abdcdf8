/** Who may write, with which role and agent: the allowlist, the roles and the registry of the Go bridges. */

import { maskAddress } from '../mask.ts';
import { asRecord, asString, phoneDigits } from '../narrow.ts';
import { readTextFile } from '../text-file.ts';
import type { ForeignEntry, Into } from './translation.ts';

interface Person {
  id: string;
  name?: string;
  role?: string;
  agent?: string;
}

/** The people by number, in the order in which they are named. */
export interface People {
  /** `security.roles.ROLE`: a list of numbers. */
  roles(entry: ForeignEntry, into: Into): void;
  /** `KAPSO_ALLOWED_NUMBERS`: numbers with commas between, which get the role of whoever has none. */
  allowed(entry: ForeignEntry, into: Into, defaultRole: string): void;
  /** `routing.registry`: a JSON file with a name and an agent for each number. */
  registry(entry: ForeignEntry, into: Into, home: string): void;
  /** As `access.contacts` has them. */
  contacts(): Person[];
}

export function createPeople(): People {
  const people = new Map<string, Person>();

  /** Adds to what is known of the person. Returns the masked number; null when it is none. */
  const add = (number: unknown, more: Omit<Person, 'id'>): string | null => {
    const digits = phoneDigits(number);
    if (digits === null || !/^[1-9]\d{6,14}$/.test(digits)) return null;
    const id = `+${digits}`;
    // The first word counts, as in the bridges.
    people.set(id, { id, ...more, ...people.get(id) });
    return maskAddress(id);
  };

  const addAll = (numbers: readonly unknown[], role: string, into: Into) => {
    const masked = numbers.map(number => add(number, role === '' ? {} : { role }));
    const taken = masked.filter(number => number !== null);
    const as = role === '' ? 'access.contacts' : `access.contacts with role ${role}`;
    if (taken.length > 0) into.note(`became ${as}: ${taken.join(', ')}`);
    const wrong = masked.length - taken.length;
    if (wrong > 0) into.note(`left out: ${wrong} that ${wrong === 1 ? 'is no phone number' : 'are no phone numbers'}`);
  };

  return {
    roles: ({ key, value }, into) => {
      const given = key.slice('security.roles.'.length);
      const role = roleName(given);
      if (role !== given) into.note(`the role is called ${role} here`);
      addAll(Array.isArray(value) ? value : [value], role, into);
    },
    allowed: ({ value }, into, defaultRole) => {
      const numbers = String(value)
        .split(',')
        .map(text => text.trim());
      addAll(
        numbers.filter(text => text !== ''),
        roleName(defaultRole),
        into,
      );
    },
    registry: ({ value }, into, home) => {
      const path = String(value).replace(/^~(?=\/)/, home);
      const users = readRegistry(path);
      if (users === null) return into.note(`left out: ${path} cannot be read as JSON`);
      const masked = Object.entries(users).map(([number, user]) => {
        const { name, agent } = asRecord(user) ?? {};
        const known = asString(name);
        const own = asString(agent) ?? `user-${phoneDigits(number) ?? ''}`;
        return add(number, { ...(known === null ? {} : { name: known }), agent: own.toLowerCase() });
      });
      const taken = masked.filter(number => number !== null);
      into.note(`became access.contacts with an agent each: ${taken.join(', ') || 'nobody'}`);
    },
    contacts: () => [...people.values()],
  };
}

/** A role of ours: lower-case letters, digits and -. */
function roleName(given: string): string {
  return given
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-$/g, '');
}

function readRegistry(path: string): Record<string, unknown> | null {
  try {
    return asRecord(JSON.parse(readTextFile(path, 1024 * 1024)));
  } catch {
    return null;
  }
}

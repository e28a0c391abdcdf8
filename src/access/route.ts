import type { Config } from '../config/load.ts';

type Contact = Config['access']['contacts'][number];

/** What the settings say of a contact: who it is, which agent answers it, and how. Null: as for everybody. */
export interface Route {
  role: string | null;
  /** The name that the operator gave the contact. */
  name: string | null;
  agent: string | null;
  session: string | null;
  replyVia: Config['reply']['via'] | null;
  /** A standing instruction for the agent. */
  prompt: string | null;
  /** `monitor`: the agent gets the messages, and nothing is answered. */
  mode: 'normal' | 'monitor';
}

/** The route of whoever the settings do not name. */
export const plainRoute: Route = {
  role: null,
  name: null,
  agent: null,
  session: null,
  replyVia: null,
  prompt: null,
  mode: 'normal',
};

/** Puts together what a contact has of its own, and what its role has. */
export function routeOfContact(contact: Contact, roles: Config['access']['roles']): Route {
  const { role = null, name = null, session = null, mode = 'normal' } = contact;
  const shared = role !== null && Object.hasOwn(roles, role) ? roles[role] : undefined;
  return {
    role,
    name,
    agent: contact.agent ?? shared?.agent ?? null,
    session,
    replyVia: contact.replyVia ?? shared?.replyVia ?? null,
    prompt: contact.prompt ?? shared?.prompt ?? null,
    mode,
  };
}

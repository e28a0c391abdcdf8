import type { Config } from '../config/load.ts';
import type { Route } from '../domain/route.ts';

type Contact = Config['access']['contacts'][number];

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

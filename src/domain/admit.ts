import type { Admission } from './admission.ts';
import type { KnownContact } from './contact.ts';
import type { InboundMessage } from './message.ts';

/** Decides whether a message of this contact is for the agent. */
export type Admit = (contact: KnownContact, message: InboundMessage) => Admission;

/** For messages that were admitted before. */
export const admitAll: Admit = () => ({ kind: 'admitted' });

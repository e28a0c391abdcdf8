import type { Admission } from './admission.ts';
import type { KnownContact } from './contact.ts';
import type { InboundMessage } from './message.ts';

/** Decides whether a message of this contact is for the agent. */
export type Admit = (contact: KnownContact, message: InboundMessage) => Admission;

/** Reads the command that a message of this contact gives; null for a message that is for the agent. */
export type CommandOf = (contact: KnownContact, message: InboundMessage) => string | null;

/** For messages that were admitted before. */
export const admitAll: Admit = () => ({ kind: 'admitted' });

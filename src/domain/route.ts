/** What an operator has laid down for a contact: who it is, which agent answers it, and how. Null: as for everybody. */
export interface Route {
  role: string | null;
  /** The operator's name for the contact. */
  name: string | null;
  agent: string | null;
  session: string | null;
  replyVia: 'auto' | 'relay' | 'agent' | null;
  /** A standing instruction for the agent. */
  prompt: string | null;
  /** `monitor`: the agent gets what the contact writes, and nothing is ever sent in answer. */
  mode: 'normal' | 'monitor';
}

/** The route of whom the operator does not name. */
export const plainRoute: Route = {
  role: null,
  name: null,
  agent: null,
  session: null,
  replyVia: null,
  prompt: null,
  mode: 'normal',
};

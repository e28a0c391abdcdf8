/**
 * Short texts that all processes on a store have together, by name. It is part of the store (see store.ts) and makes the
 * same promises.
 */
export interface Notes {
  get(name: string): Promise<string | null>;
  /** Keeps a text where there is none yet. Resolves to the one that is there: of several who try it, all get the first one's. */
  keep(name: string, text: string): Promise<string>;
  /**
   * Replaces a text, or removes it. With a role it rejects with STORE_CLAIMED unless this process has that role, where
   * several share the store.
   */
  set(name: string, text: string | null, how?: { role: string }): Promise<void>;
}

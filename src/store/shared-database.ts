/** Why what was accepted may be lost with the server all the same, and what to do about it: sentences without a full stop. */
export interface Weakness {
  says: string;
  todo: string;
}

/** What is told of the connection to a database that others share. */
export type DatabaseConnection =
  /** It works, at the start or again, or now with another of its hosts. */
  | {
      works: true;
      /** For example `the database kapso at db.example.com:5432`. */
      name: string;
      /** For example `PostgreSQL 15, through a pooler`. */
      server: string;
      weaknesses: readonly Weakness[];
    }
  /** It failed, and is tried again by itself. What is asked of the store meanwhile is rejected with the same error. */
  | { works: false; name: string; error: unknown };

/**
 * A condition on the one row that a statement names by its id. In a `CASE`, no index fits it: PostgreSQL believes for a while
 * that few rows are in a state when thousands are, and would look through all of them for the id.
 */
export function provided(condition: string): string {
  return `CASE WHEN ${condition} THEN 1 END = 1`;
}

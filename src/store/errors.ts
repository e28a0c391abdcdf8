import { StateError } from '../state/errors.ts';

/** What the store says of itself. What the disk or SQLite refuses is a `StateError` of the same codes. */
export class StoreError extends StateError {}

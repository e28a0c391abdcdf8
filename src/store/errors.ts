import { StateError } from '../state/errors.ts';

/** An error of the store itself. Refusals of the disk or of SQLite are `StateError`s with the same codes. */
export class StoreError extends StateError {}

/** What the rest of the program uses of PostgreSQL. It is a part that is loaded only where the inbox is there. */
export { openDriver } from './driver.ts';
export { openDatabaseSide } from './move-side.ts';
export { readShared } from './read-shared.ts';

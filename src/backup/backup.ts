/** What the command line loads when it makes or restores a backup. */
export { makeBackup } from './make-backup.ts';
export { restoreBackup } from './restore-backup.ts';

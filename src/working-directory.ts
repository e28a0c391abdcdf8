/**
 * Changes to the root directory when the working directory has been removed: an agent's workspace may vanish under it, and
 * without a working directory neither Node's `process.cwd` nor yargs works. What a relative path named is gone anyway.
 */
export function leaveRemovedDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
  }
}

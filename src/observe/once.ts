/**
 * Tells when a repeated attempt has something new to report. The returned function takes the present reason, or null when
 * nothing is wrong, and returns whether it differs from the last one. True for null means that a fault has ended.
 */
export function createOnce(): (reason: string | null) => boolean {
  let last: string | null = null;
  return reason => {
    if (reason === last) return false;
    last = reason;
    return true;
  };
}

/**
 * For what is tried again and again and is to be said once for each new reason. The returned function says whether the reason is another
 * one than the last time; null is for nothing being wrong, and true for it means that something was.
 */
export function createOnce(): (reason: string | null) => boolean {
  let last: string | null = null;
  return reason => {
    if (reason === last) return false;
    last = reason;
    return true;
  };
}

import { byId, setText } from './elements.ts';

/** Milliseconds for which the page shows why something was not done. */
const complaintStays = 8000;

let forget: ReturnType<typeof setTimeout> | undefined;

/** Shows for a while why something was not done. */
export function complain(error: unknown): void {
  const said = byId('said');
  setText(said, error instanceof Error ? error.message : String(error));
  said.hidden = false;
  clearTimeout(forget);
  forget = setTimeout(() => {
    said.hidden = true;
  }, complaintStays);
}

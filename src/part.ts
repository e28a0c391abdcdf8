import type { Clock } from './clock.ts';

/** A part of the program that runs as long as the program. `stop` also works on a part that was never started. */
export interface Part {
  /** Resolves when the part does its work, or can be reached for it. */
  start(): Promise<void> | void;
  /** Begins nothing new. Work under way has `grace` milliseconds to end. Resolves when nothing of the part is left. */
  stop(grace: number): Promise<void> | void;
}

/** Starts the parts one after the other, since each may use those before it. */
export async function startInOrder(parts: readonly Part[]): Promise<void> {
  for (const part of parts) await part.start();
}

/** Stops the last part first, so that each stops before the parts that it uses. All together have `grace` milliseconds. */
export async function stopInReverse(parts: readonly Part[], grace: number, clock: Clock): Promise<void> {
  const endsAt = clock.monotonic() + grace;
  for (const part of parts.toReversed()) await part.stop(Math.max(0, endsAt - clock.monotonic()));
}

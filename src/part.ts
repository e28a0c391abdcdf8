import type { Clock } from './clock.ts';

/** A part of the program that runs for as long as the program does. A part that was never started can be stopped all the same. */
export interface Part {
  /** Resolves when it does its work, or can be reached for it. */
  start(): Promise<void> | void;
  /** Begins nothing new, lets what is under way end within `grace` milliseconds, and resolves when nothing of it is left. */
  stop(grace: number): Promise<void> | void;
}

/** One after the other: each may use those before it. */
export async function startInOrder(parts: readonly Part[]): Promise<void> {
  for (const part of parts) await part.start();
}

/** The last first, each as long as the parts that it uses still work; together they have `grace` milliseconds. */
export async function stopInReverse(parts: readonly Part[], grace: number, clock: Clock): Promise<void> {
  const endsAt = clock.monotonic() + grace;
  for (const part of parts.toReversed()) await part.stop(Math.max(0, endsAt - clock.monotonic()));
}

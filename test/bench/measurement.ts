/** One line of the result: what was measured, the value, and the goal. */
export interface Reading {
  what: string;
  measured: string;
  /** Null when the number is only for information. */
  goal: string | null;
  reached: boolean | null;
}

export interface Measurement {
  /** For `--only`. */
  name: string;
  about: string;
  /** Starts what it needs, and ends it whatever happens. */
  run(): Promise<Reading[]>;
}

/** A number that should be at most, or at least, another. */
export function judged(
  what: string,
  value: number,
  goal: { atMost?: number; atLeast?: number; unit: string },
): Reading {
  const { atMost, atLeast, unit } = goal;
  const text = (number: number) => `${round(number).toLocaleString('en')}${unit === '' ? '' : ` ${unit}`}`;
  const bounds = [
    ...(atMost === undefined ? [] : [`≤ ${text(atMost)}`]),
    ...(atLeast === undefined ? [] : [`≥ ${text(atLeast)}`]),
  ];
  const within = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  return { what, measured: text(value), goal: bounds.join(', ') || null, reached: bounds.length === 0 ? null : within };
}

/** A number for information. */
export function noted(what: string, measured: string): Reading {
  return { what, measured, goal: null, reached: null };
}

/** A condition that should hold. */
export function checked(what: string, measured: string, goal: string, reached: boolean): Reading {
  return { what, measured, goal, reached };
}

export interface Spread {
  p50: number;
  p99: number;
  max: number;
}

/** Nearest-rank percentiles. Throws a RangeError for no values. */
export function spread(values: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new RangeError('there is nothing to take a percentile of');
    return value;
  };
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function median(values: ArrayLike<number>): number {
  return spread(values).p50;
}

/** Keeps three significant digits, and all digits before the point. */
function round(value: number): number {
  if (value === 0) return 0;
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toFixed(digits));
}

/** Milliseconds on a clock that all processes of the machine share. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

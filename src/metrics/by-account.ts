/** Metrics of several numbers: the same metric, with the number in a label. */
import type { Counter, Gauge, Histogram } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

/** The label that says which number a value is about. */
export const accountLabel = 'account';

/** Returns the metric for one of several numbers: whatever is done with it is done with this value of its label. */
export function ofAccount<M extends Counter | Gauge | Histogram>(metric: M, account: string): M {
  const bound =
    (method: string) =>
    (labels: Labels | number = {}, value?: number): void => {
      const own = typeof labels === 'number' ? {} : labels;
      const amount = typeof labels === 'number' ? labels : value;
      const call = metric[method as keyof M] as (labels: Labels, value?: number) => void;
      call.call(metric, { ...own, [accountLabel]: account }, amount);
    };
  return { inc: bound('inc'), dec: bound('dec'), set: bound('set'), observe: bound('observe') } as unknown as M;
}

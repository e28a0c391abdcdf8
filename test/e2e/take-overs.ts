import type { Pollers } from './pollers.ts';
import { type Faults, sampled } from './pollers-faults.ts';

/**
 * Has the database write down who takes over a lane of the inbox in which something waits from whom, without having been given
 * it, and since when that waits.
 */
export async function keepTakeOvers({ query }: Pollers): Promise<void> {
  await query(`CREATE TABLE public.take_overs (at bigint, lane text, former text, since bigint);
    CREATE FUNCTION public.note_take_over() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      INSERT INTO public.take_overs SELECT moment, NEW.lane, OLD.owner, min(updated_at)
        FROM kapso_whatsapp.entries, (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS moment) AS present
        WHERE lane = NEW.lane AND state IN ('pending', 'sending') AND coalesce(retry_at, 0) <= moment
        GROUP BY moment;
      RETURN NULL;
    END $$;
    CREATE TRIGGER note_take_over AFTER UPDATE ON kapso_whatsapp.claims FOR EACH ROW
      WHEN (OLD.owner <> '' AND NEW.owner <> '' AND OLD.owner <> NEW.owner) EXECUTE FUNCTION public.note_take_over()`);
}

export interface TakeOver {
  lane: string;
  /** Milliseconds since the epoch. */
  from: number;
  at: number;
  /** Milliseconds from the one to the other, less those in which nobody could take anything over. */
  took: number;
}

/** From each loss of a poller, or from when something waited, until another one had its lane; the longest first. */
export async function takeOvers({ query }: Pollers, { losses, nobody }: Faults): Promise<TakeOver[]> {
  const rows = await query<{ at: string; lane: string; former: string; since: string }>(
    'SELECT * FROM public.take_overs',
  );
  const found = rows.flatMap(({ former, since, ...row }) => {
    const at = Number(row.at);
    const loss = losses.findLast(one => former.includes(`(pid ${one.pid}, `) && one.at <= at);
    if (loss === undefined) return [];
    const from = Math.max(loss.at, Number(since));
    return {
      lane: row.lane,
      from,
      at,
      took: at - from - sampled * nobody.filter(moment => moment > from && moment < at).length,
    };
  });
  return found.sort((one, other) => other.took - one.took);
}

import { assertHere, type MoveMark, markTable, readMark, toMark } from '../moving.ts';
import { movedState } from './moved-state.ts';
import { schema } from './schema.ts';
import type { Session } from './session.ts';

/**
 * Has each change fail of who has the database open: all of them, on all machines, begin with a row of `changes` (see
 * `beginWriting`). `setMark` makes it and takes it away.
 */
export const withhold = `
  CREATE OR REPLACE FUNCTION ${schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the inbox is not used here any more' USING ERRCODE = '${movedState}';
    END $$;
  CREATE OR REPLACE TRIGGER refused BEFORE INSERT ON ${schema}.changes FOR EACH STATEMENT
    EXECUTE FUNCTION ${schema}.refuse_change()`;

export const release = `DROP FUNCTION IF EXISTS ${schema}.refuse_change() CASCADE`;

/** Reads the mark of the inbox; null where it was never moved. */
export async function markIn(session: Session): Promise<MoveMark | null> {
  const [found] = await session.script(`SELECT to_regclass('${schema}.${markTable}') IS NOT NULL AS there`);
  if (Number(found?.rows[0]?.there) !== 1) return null;
  const [said] = await session.script(readMark(schema));
  return toMark(said?.rows[0]);
}

/** Rejects with STORE_MOVED where the inbox was moved away, or is not whole. */
export async function assertInUse(session: Session, name: string): Promise<void> {
  const elsewhere =
    'Take state.database (KAPSO_STATE_DATABASE) out of the configuration. It comes back with kapso-whatsapp-cli state ' +
    'migrate --to postgresql. Nothing was changed.';
  assertHere(await markIn(session), { name, elsewhere });
}

import { schema } from './schema.ts';

/** Rows of a tally's table after which they are added up to one for each state. */
const addedUpAfter = 1000;

/**
 * Returns what counts the rows of a table by their state, so that the counts cost the same whatever the number of rows.
 *
 * Each change of a state is a new row, and not a change of one: the row of a state would be changed by nearly every
 * transaction, and as long as anything, such as a backup of the server, looks at an older moment, each change would
 * have to look past all those before it. The view adds the rows up.
 */
export function counting({ of, tallies, count }: { of: string; tallies: string; count: string }): string {
  // The names of tables are looked up when a function runs, wherever the one who changes the table is.
  const changes = `${schema}.${tallies}_changes`;
  return `
  CREATE TABLE ${tallies}_changes (
    number bigint GENERATED ALWAYS AS IDENTITY,
    state text COLLATE "C" NOT NULL,
    change bigint NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = ${5 * addedUpAfter});
  CREATE VIEW ${tallies} AS SELECT state, sum(change)::bigint AS ${count} FROM ${tallies}_changes GROUP BY state;
  CREATE FUNCTION count_${of}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      last bigint;
    BEGIN
      IF TG_OP <> 'INSERT' THEN
        INSERT INTO ${changes} (state, change) VALUES (OLD.state, -1) RETURNING number INTO last;
      END IF;
      IF TG_OP <> 'DELETE' THEN
        INSERT INTO ${changes} (state, change) VALUES (NEW.state, 1) RETURNING number INTO last;
      END IF;
      IF last % ${addedUpAfter} < 2 THEN
        WITH former AS (DELETE FROM ${changes} RETURNING state, change)
          INSERT INTO ${changes} (state, change) SELECT state, sum(change) FROM former GROUP BY state;
      END IF;
      RETURN NULL;
    END $$;
  CREATE TRIGGER counted_in_and_out AFTER INSERT OR DELETE ON ${of} FOR EACH ROW EXECUTE FUNCTION count_${of}();
  CREATE TRIGGER counted_on AFTER UPDATE OF state ON ${of} FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION count_${of}();`;
}

/** Has what is inserted together counted together: a row for each state. To apply after `counting`. */
export function countingInsertsTogether({ of, tallies }: { of: string; tallies: string }): string {
  const changes = `${schema}.${tallies}_changes`;
  return `
  CREATE FUNCTION count_inserted_${of}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      counted bigint;
      last bigint;
    BEGIN
      WITH rows AS (
        INSERT INTO ${changes} (state, change) SELECT state, count(*) FROM added GROUP BY state RETURNING number
      ) SELECT count(*), max(number) INTO counted, last FROM rows;
      IF last % ${addedUpAfter} < greatest(counted, 2) THEN
        WITH former AS (DELETE FROM ${changes} RETURNING state, change)
          INSERT INTO ${changes} (state, change) SELECT state, sum(change) FROM former GROUP BY state;
      END IF;
      RETURN NULL;
    END $$;
  DROP TRIGGER counted_in_and_out ON ${of};
  CREATE TRIGGER counted_in AFTER INSERT ON ${of} REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION count_inserted_${of}();
  CREATE TRIGGER counted_out AFTER DELETE ON ${of} FOR EACH ROW EXECUTE FUNCTION count_${of}();`;
}

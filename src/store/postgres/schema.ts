/** The schema in which all tables are. Its name is part of what operators are told. */
export const schema = 'kapso_whatsapp';

/** In `schema_version`, so that another program's tables are not taken for an inbox. */
export const program = 'kapso-whatsapp';

/**
 * The lock that each changing transaction has until its end, on all machines: changes are made one after the other. It
 * is an advisory lock of PostgreSQL, by a number that other programs in the same database must not use: `KWIB`.
 */
export const writersLock = 0x4b574942;

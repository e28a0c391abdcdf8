import { KapsoWhatsappError } from '../errors.ts';

/** An archive that is not restored: damaged, cut off, none of ours, or hostile. Nothing was changed. */
export function invalid(path: string, what: string, cause?: unknown): KapsoWhatsappError {
  return new KapsoWhatsappError('BACKUP_INVALID', `${path} is no whole backup: ${what}`, {
    hint: 'Use another backup, or fetch this one again from where it is kept. Nothing was changed.',
    cause,
  });
}

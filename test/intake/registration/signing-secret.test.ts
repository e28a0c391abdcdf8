import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSecretFinder, proposeSecret, signingSecrets } from '../../../src/intake/registration/signing-secret.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { stateFiles } from '../../../src/state/files.ts';
import { type Line, recordingLog } from '../webhook/harness.ts';
import { registrationStage } from './registration-stage.ts';

const at = registrationStage();

/** A running poller takes secrets that nobody can know, another one each time, and says so once. */
function expectNothingFits(): void {
  const lines: Line[] = [];
  const find = createSecretFinder({
    stateDir: at.dir,
    emit: createEventLog(recordingLog(lines), at.clock),
    learn: () => undefined,
  });
  expect(find()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  expect(find()).not.toEqual(find());
  expect(lines).toMatchObject([{ level: 'error' }]);
}

describe('the signing secret', () => {
  it('is made once, is the same after a restart, and gives way to a configured one', () => {
    const ask = (make: boolean, configured: string[] = []) => signingSecrets({ configured, stateDir: at.dir, make });
    expect(ask(false)).toEqual({ secrets: [], made: false });
    const { secrets, made } = ask(true);
    expect(made).toBe(true);
    expect(secrets).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(ask(true)).toEqual({ secrets, made: false });
    // Also when nobody registers any more: Kapso goes on signing with it.
    expect(ask(false)).toEqual({ secrets, made: false });
    expect(ask(true, ['mine'])).toEqual({ secrets: ['mine'], made: false });
    expect(statSync(join(at.dir, stateFiles.signingSecret)).mode & 0o777).toBe(0o600);
  });

  it('is found by a poller that was running before it was made', () => {
    const lines: Line[] = [];
    const learned: string[] = [];
    const find = createSecretFinder({
      stateDir: at.dir,
      emit: createEventLog(recordingLog(lines), at.clock),
      learn: found => learned.push(...found),
    });
    expect(find()).toEqual([]);
    const { secrets } = signingSecrets({ configured: [], stateDir: at.dir, make: true });
    expect(find()).toEqual(secrets);
    expect(learned).toEqual(secrets);
    expect(lines).toEqual([]);
  });

  it('lets nothing in unsigned where it is there and cannot be read', () => {
    mkdirSync(join(at.dir, stateFiles.signingSecret));
    expectNothingFits();
  });

  it('is made anew where a loss of power left an empty file, and never empty', () => {
    writeFileSync(join(at.dir, stateFiles.signingSecret), '');
    expect(signingSecrets({ configured: [], stateDir: at.dir, make: true })).toMatchObject({ made: true });
  });

  it.each(['', '\n'])('does not come out as none where the file has been emptied: %j', content => {
    writeFileSync(join(at.dir, stateFiles.signingSecret), content);
    expect(() => signingSecrets({ configured: [], stateDir: at.dir, make: false })).toThrow(
      expect.objectContaining({ code: 'WEBHOOK_SECRET_EMPTY', hint: expect.stringContaining('webhook register') }),
    );
    expect(signingSecrets({ configured: ['mine'], stateDir: at.dir, make: false }).secrets).toEqual(['mine']);
    expectNothingFits();
  });

  it('counts only once Kapso has it, and is proposed again until then', () => {
    const checked = () => signingSecrets({ configured: [], stateDir: at.dir, make: false }).secrets;
    const first = proposeSecret({ configured: [], stateDir: at.dir });
    expect(first.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(checked()).toEqual([]);
    const again = proposeSecret({ configured: [], stateDir: at.dir });
    expect(again.secret).toBe(first.secret);
    again.adopt();
    expect(checked()).toEqual([first.secret]);
    expect(statSync(join(at.dir, stateFiles.signingSecret)).mode & 0o777).toBe(0o600);
    const later = proposeSecret({ configured: [], stateDir: at.dir });
    expect(later.secret).toBe(first.secret);
    later.adopt();
    expect(checked()).toEqual([first.secret]);
    expect(proposeSecret({ configured: ['mine', 'old'], stateDir: at.dir }).secret).toBe('mine');
  });

  it('is the proposed one where the poller makes it: Kapso may have it already', () => {
    const { secret } = proposeSecret({ configured: [], stateDir: at.dir });
    expect(signingSecrets({ configured: [], stateDir: at.dir, make: true })).toEqual({ secrets: [secret], made: true });
  });

  it('is made anew for a registration where it has been emptied', () => {
    writeFileSync(join(at.dir, stateFiles.signingSecret), '');
    const { secret, adopt } = proposeSecret({ configured: [], stateDir: at.dir });
    adopt();
    expect(signingSecrets({ configured: [], stateDir: at.dir, make: false }).secrets).toEqual([secret]);
  });

  it('that cannot be read stops the start with a word on what to do', () => {
    rmSync(join(at.dir, stateFiles.signingSecret), { force: true });
    writeFileSync(join(at.dir, 'file'), '');
    const stateDir = join(at.dir, 'file');
    expect(() => signingSecrets({ configured: [], stateDir, make: true })).toThrow(
      expect.objectContaining({ code: 'STORE_IO', hint: expect.stringContaining('state.dir') }),
    );
  });
});

/** Copies the skill to where an OpenClaw agent finds it. */
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What was done with one file. `edited`: it differs from ours and was left; `replaced`: the former one has the ending `.old`. */
export interface SkillFile {
  path: string;
  change: 'written' | 'unchanged' | 'edited' | 'replaced';
}

/**
 * Copies the skill's files into `<skills>/kapso-whatsapp`. They are copied and not linked: OpenClaw skips a linked
 * `SKILL.md`. A file that somebody has changed is left, unless `replace` is set. Throws what node:fs throws.
 *
 * @param source the directory `skills/kapso-whatsapp` of the package
 * @param skills the directory `skills` of a workspace, or of OpenClaw's state directory
 */
export function copySkill(source: string, skills: string, { replace }: { replace: boolean }): SkillFile[] {
  return filesOf(source).map(name => {
    const [from, to] = [join(source, name), join(skills, 'kapso-whatsapp', name)];
    const change = compare(from, to);
    if (change === 'unchanged') return { path: to, change };
    if (change === 'edited' && !replace) return { path: to, change };
    mkdirSync(dirname(to), { recursive: true });
    if (change === 'edited') renameSync(to, `${to}.old`);
    cpSync(from, to);
    return { path: to, change: change === 'edited' ? 'replaced' : 'written' };
  });
}

/** Whether a file of the skill is there, and as it should be. */
function compare(from: string, to: string): 'written' | 'unchanged' | 'edited' {
  if (lstatSync(to, { throwIfNoEntry: false }) === undefined) return 'written';
  return statSync(to).isFile() && readFileSync(from).equals(readFileSync(to)) ? 'unchanged' : 'edited';
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(name => statSync(join(directory, name)).isFile())
    .sort();
}

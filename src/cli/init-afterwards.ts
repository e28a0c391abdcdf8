/** What `config init` does when the configuration is written: the skill, the units, the webhook, and a look at all of it. */
import { join } from 'node:path';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import type { SkillFile } from '../setup/skill.ts';
import type { WrittenFile } from '../setup/write-setup.ts';
import { doctor } from './doctor.ts';
import { reportFailure } from './failure.ts';
import { toJson } from './format.ts';
import { answered, type Interview } from './interview.ts';
import { packageRoot } from './package-root.ts';
import { orRefusal } from './refused-write.ts';
import type { Terminal } from './terminal.ts';
import { installUnits } from './units.ts';
import { register } from './webhook.ts';

export interface Afterwards {
  /** The directory that gets the skill; null for none. */
  skill: string | null;
  units: 'user' | 'system' | null;
}

type Done = Afterwards & { written: WrittenFile[]; interview: Interview };

const words: Readonly<Record<SkillFile['change'] | WrittenFile['change'], string>> = {
  changed: 'changed',
  written: 'written',
  unchanged: 'is as it should be',
  replaced: 'replaced; the former one has the ending .old',
  edited: 'was changed by somebody and is left; --replace-skill replaces it',
};

/** Returns the exit code: that of the first step that failed. A step that fails does not undo the configuration. */
export async function finish({ skill, units, written, interview }: Done, terminal: Terminal): Promise<ExitCode> {
  const { args, context, path, prompts } = interview;
  const isJson = args.json === true;
  const say = (text: string) => (isJson ? undefined : terminal.out(text));
  const files: (WrittenFile | SkillFile)[] = [...written];
  const isNew = written.some(file => file.path === path && file.change === 'written');
  const codes: ExitCode[] = [];
  const shown: Record<string, unknown> = {};
  /** Runs another command. What it prints is a part of this one's JSON. */
  const run = async (name: string, command: (to: Terminal) => Promise<ExitCode>) => {
    const printed: string[] = [];
    const to: Terminal = isJson ? { ...terminal, out: text => printed.push(text.toString()) > 0 } : terminal;
    try {
      codes.push(await command(to));
    } catch (error) {
      codes.push(reportFailure(error, { terminal: to, json: isJson, secrets: context.secrets }));
    }
    if (isJson) shown[name] = JSON.parse(printed.join(''));
  };

  for (const { path: file, change, former } of written) {
    say(`${file}: ${former === undefined ? words[change] : `replaced; the former one is now ${former}`}\n`);
  }
  prompts?.close();
  if (skill !== null) {
    const source = join(packageRoot(), 'skills/kapso-whatsapp');
    const { copySkill } = await import('#setup');
    const copied = orRefusal(
      () => copySkill(source, skill, { replace: args['replace-skill'] === true }),
      'Copy it by hand, as a user who may write there; the rest is done',
    );
    for (const { path: file, change } of copied) say(`${file}: ${words[change]}\n`);
    if (copied.some(({ change }) => change === 'edited')) codes.push(exitCode.unavailable);
    files.push(...copied);
  }
  const common = { config: path, json: isJson };
  if (units !== null) await run('units', to => installUnits({ json: isJson, [units]: true }, to, context));
  // In the mode tailscale the address is known when the poller runs, which registers it then.
  const isDue = answered(interview, 'mode') === 'domain' && args.register === true;
  if (isDue) await run('webhook', to => register(common, to, context));
  if (!args['no-doctor']) {
    say('\n');
    await run('doctor', to => doctor(common, to, context, { isSetup: isNew }));
  }
  const due = isNew ? null : await notYetInForce(interview);
  if (due !== null) shown.next = due;
  const code = codes.find(one => one !== exitCode.ok) ?? exitCode.ok;
  if (isNew) say(`\n${nextStep(interview, units, code)}\n`);
  else if (due !== null) say(`\n${due}\n`);
  if (isJson) terminal.out(`${toJson({ file: path, files, ...shown, exitCode: code })}\n`);
  return code;
}

/** What to do when all of this is done: the command that starts what was installed, and a first message. */
function nextStep(interview: Interview, units: Afterwards['units'], code: ExitCode): string {
  const { args, path, phone } = interview;
  const file =
    args.file === undefined && args.config === undefined ? '' : ` --config '${path.replaceAll("'", "'\\''")}'`;
  const start = {
    user: 'systemctl --user enable --now kapso-whatsapp-poller',
    system: 'systemctl enable --now kapso-whatsapp-poller',
    none: `kapso-whatsapp-poller${file}`,
  }[units ?? 'none'];
  const first = code === exitCode.ok ? '' : 'put right what has failed above; then ';
  const to = phone === null ? 'your WhatsApp number' : `+${phone}`;
  return `Next: ${first}${start}; then write to ${to} from your phone${admission(interview, file)}`;
}

/** What lets in whoever tries it, where nobody is known yet. `file`: the option that names the configuration. */
function admission(interview: Interview, file: string): string {
  const isKnown = ['access.contacts', 'access.allowFrom'].some(key => answered(interview, key) !== '');
  if (answered(interview, 'access.policy') !== 'pairing' || isKnown) return '';
  return `. You get a code: kapso-whatsapp-cli access approve CODE${file} lets you in`;
}

/** What to do so that the running poller takes over what was changed; null when it has it, and where none runs. */
async function notYetInForce({ context: { env, home }, path }: Interview): Promise<string | null> {
  const { notYetInForce: compare } = await import('#doctor');
  const change = await compare({ env, home, configFile: path });
  if (change === null) return null;
  const { applied, needRestart } = change;
  const keys = [...needRestart, ...applied].join(', ');
  if (keys === '') return null;
  return needRestart.length > 0
    ? `Next: restart the poller, which runs without what was changed (${keys}): systemctl restart kapso-whatsapp-poller`
    : `Next: have the poller read what was changed (${keys}): systemctl reload kapso-whatsapp-poller (SIGHUP)`;
}

/**
 * `VM_TEST=COMMAND node test/nix/mutations.ts [--native DIRECTORY] [--jobs N] [NAME…]`
 *
 * Removes one behaviour after the other from a copy of the last commit, and shows that its VM test then fails at the
 * right line. COMMAND runs a test. It gets the test's name as its argument, the copy in $PROJECT and its built programs
 * in $PKG_ROOT (see package-root.ts). With Nix, COMMAND is "nix build" of the flake's check in $PROJECT. Its output
 * must contain the script's line that failed, as Python shows it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { layPackageRoot } from './package-root.ts';

interface Mutation {
  test: string;
  /** The behaviour that is removed. */
  without: string;
  file: string;
  from: string;
  to: string;
  /** A part of the script's line that must fail. It has Python in it: a log may show commands alone. */
  fails: string;
}

const root = join(import.meta.dirname, '../..');
const awaited = 'machine.succeed(f"stage await kapso sent';

const mutations: Record<string, Mutation> = {
  'polling-repeats': {
    test: 'polling',
    without: 'a message that Kapso lists again is known',
    file: 'src/intake/to-entries.ts',
    from: 'id: message.id,',
    to: 'id: message.id + Math.random(),',
    fails: 'assert got == expected',
  },
  'polling-recovery': {
    test: 'polling',
    without: 'after a crash the run is looked for before a message is sent again',
    file: 'src/delivery/recovery.ts',
    from: "entry.state === 'sending' && entry.runKey !== null",
    to: "entry.state === 'held'",
    fails: 'assert got == expected',
  },
  'webhook-signature': {
    test: 'webhook',
    without: 'signatures are checked',
    file: 'src/intake/webhook/signature.ts',
    from: 'return (body, presented) => {',
    to: 'return (body, presented) => {\n    if (body) return true;',
    fails: 'another-secret").strip() ==',
  },
  'webhook-repeats': {
    test: 'webhook',
    without: 'a message that is delivered again is known',
    file: 'src/intake/to-entries.ts',
    from: 'id: message.id,',
    to: 'id: message.id + Math.random(),',
    fails: 'everybody_was_answered_once()',
  },
  'fallback-repeats': {
    test: 'fallback-deduplication',
    without: 'a message that comes both ways is known',
    file: 'src/intake/to-entries.ts',
    from: 'id: message.id,',
    to: 'id: message.id + Math.random(),',
    fails: 'everybody_was_answered_once()',
  },
  'fallback-polling': {
    test: 'fallback-deduplication',
    without: 'the fallback polls',
    file: 'src/intake/receiver.ts',
    from: 'config.polling.fallback ?',
    to: 'false ?',
    fails: 'machine.succeed("stage await kapso list 3',
  },
  'socket-not-taken': {
    test: 'socket-activation',
    without: 'the socket that systemd hands over is taken',
    file: 'src/systemd/sockets.ts',
    from: 'if (count === undefined) return {};',
    to: 'if (count !== undefined) return {};',
    fails: 'stage deliver v2 {message}',
  },
  'socket-no-idle-exit': {
    test: 'socket-activation',
    without: 'the service ends when it is idle',
    file: 'nix/service.nix',
    from: '"--idle-exit"\n    (toString cfg.socketActivation.idleExit)',
    to: '',
    fails: 'ended_by_itself()',
  },
  'socket-unit-not-required': {
    test: 'socket-activation',
    without: 'systemd listens from the boot on',
    file: 'nix/nixos.nix',
    from: 'wantedBy = [ shipped.Install.WantedBy ];',
    to: '',
    fails: 'machine.wait_for_unit(SOCKET)',
  },
  'credential-name': {
    test: 'credentials-and-hardening',
    without: 'a credential has the name under which the program looks for it',
    file: 'nix/nixos.nix',
    from: '.credential}:',
    to: '.credential}-x:',
    fails: 'machine.wait_for_unit(POLLER)',
  },
  'secret-in-environment': {
    test: 'credentials-and-hardening',
    without: 'no secret is in the unit',
    file: 'nix/nixos.nix',
    from: 'StateDirectory = stateDirectory;',
    to: 'StateDirectory = stateDirectory;\n Environment = [ "LEAKED=gateway-token-58a1" ];',
    fails: 'assert secret not in text',
  },
  'homes-visible': {
    test: 'credentials-and-hardening',
    without: 'homes are hidden from the service',
    file: 'nix/systemd/kapso-whatsapp-poller.service',
    from: 'ProtectHome=yes',
    to: '',
    fails: 'inside(pid, "test -e /home/eve")',
  },
  'more-system-calls': {
    test: 'credentials-and-hardening',
    without: 'privileged system calls are filtered',
    file: 'nix/systemd/kapso-whatsapp-poller.service',
    from: 'SystemCallFilter=~@privileged @resources',
    to: '',
    fails: 'assert found and float',
  },
  'restart-loop': {
    test: 'credentials-and-hardening',
    without: 'a wrong configuration is not started again',
    file: 'nix/systemd/kapso-whatsapp-poller.service',
    from: 'RestartPreventExitStatus=64 78',
    to: '',
    fails: '("failed", "failed")',
  },
  'gateway-closing': {
    test: 'gateway-restart',
    without: 'a connection that is closing is left time to close',
    file: 'src/delivery/conclude.ts',
    from: "return parts.gateway.state.phase === 'connected' ? { until: clock.now() + closingRest } : 'more';",
    to: "return 'more';",
    fails: awaited,
  },
  'gateway-reconnect': {
    test: 'gateway-restart',
    without: 'the connection to the gateway is made again',
    file: 'src/agents/openclaw/connection.ts',
    from: 'while (!stopping.signal.aborted) {',
    to: 'while (state.reason === null) {',
    fails: awaited,
  },
  'gateway-order': {
    test: 'gateway-restart',
    without: 'the service is ordered after the gateway',
    file: 'nix/nixos.nix',
    from: '        gatewayUnit\n',
    to: '',
    fails: 'assert GATEWAY in unit["After"]',
  },
  'several-take-over': {
    test: 'several-machines',
    without: 'a claim is over when its lease is',
    file: 'src/store/sql/claims.ts',
    from: 'OR claims.until <= :now RETURNING epoch',
    to: "OR claims.owner = '' RETURNING epoch",
    fails: 'machine.wait_until_succeeds(polls(other(gone)), timeout=TAKE_OVER)',
  },
  'several-owner': {
    test: 'several-machines',
    without: 'the service owns its database',
    file: 'nix/nixos.nix',
    from: 'ensureDBOwnership = true;',
    to: '',
    fails: 'machine.wait_for_unit(POLLER)',
  },
  'tailscale-operator': {
    test: 'tailscale',
    without: "the service runs as tailscaled's operator",
    file: 'nix/nixos.nix',
    from: 'User = service.account;',
    to: 'User = "nobody";',
    fails: 'journal_says(PUBLIC)',
  },
  'tailscale-reopened': {
    test: 'tailscale',
    without: 'a tunnel that broke is opened again',
    file: 'src/intake/tunnel/tailscale.ts',
    from: 'running = keepOpen();\n    });',
    to: '});',
    fails: 'await_funnels(2)',
  },
  'tailscale-registration': {
    test: 'tailscale',
    without: 'the address is registered at Kapso',
    file: 'src/intake/registration/keep-registered.ts',
    from: 'keep: url => {',
    to: 'keep: url => {\n      if (url) return;',
    fails: 'machine.wait_until_succeeds("stage webhooks',
  },
  'home-secrets': {
    test: 'home-manager',
    without: "the user's service knows where its secrets are",
    file: 'nix/home-manager.nix',
    from: 'secretFiles = true;',
    to: 'secretFiles = false;',
    fails: 'machine.wait_for_unit(POLLER, "ada")',
  },
  'home-order': {
    test: 'home-manager',
    without: 'the service is ordered after the gateway',
    file: 'nix/home-manager.nix',
    from: '"openclaw-gateway.service"\n',
    to: '\n',
    fails: 'assert GATEWAY in unit["After"]',
  },
  'home-socket': {
    test: 'home-manager',
    without: 'the socket has the name under which the program takes it',
    file: 'nix/systemd/user/kapso-whatsapp-poller.socket',
    from: 'FileDescriptorName=webhook',
    to: 'FileDescriptorName=metrics',
    fails: 'machine.wait_for_unit(POLLER, "ada")',
  },
};

interface Verdict {
  caught: boolean;
  text: string;
}

async function tryOut(name: string, mutation: Mutation, native: string | undefined): Promise<Verdict> {
  const copy = mkdtempSync(join(tmpdir(), `kapso-mutation-${name}-`));
  try {
    const project = join(copy, 'project');
    mkdirSync(project);
    const archive = execFileSync('git', ['archive', 'HEAD'], { cwd: root, maxBuffer: 2 ** 28 });
    execFileSync('tar', ['-x', '-C', project], { input: archive });
    const file = join(project, mutation.file);
    const before = readFileSync(file, 'utf8');
    const after = before.replace(mutation.from, () => mutation.to);
    if (after === before)
      return { caught: false, text: `${mutation.file} has no "${mutation.from}": bring ${name} up to date` };
    writeFileSync(file, after);
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
    execFileSync(process.execPath, ['build.ts'], { cwd: project });
    const programs = join(copy, 'programs');
    layPackageRoot(programs, { project, ...(native === undefined ? {} : { native }) });
    // A flake is what git or a directory holds, and this link leads out of it.
    rmSync(join(project, 'node_modules'));
    const { code, output } = await run(mutation.test, { ...process.env, PROJECT: project, PKG_ROOT: programs });
    if (code === 0) return { caught: false, text: 'the test passes' };
    const line = output.split('\n').find(candidate => candidate.includes(mutation.fails));
    if (line !== undefined) return { caught: true, text: line.trim() };
    return {
      caught: false,
      text: `the test fails, but not at "${mutation.fails}":\n${output.split('\n').slice(-15).join('\n')}`,
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function run(test: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  const [command = '', ...before] = (process.env.VM_TEST ?? '').split(' ');
  const child = spawn(command, [...before, test], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ code, output }));
  });
}

const { values, positionals } = parseArgs({
  options: { native: { type: 'string' }, jobs: { type: 'string', default: '1' } },
  allowPositionals: true,
});
if (!process.env.VM_TEST) throw new Error('set VM_TEST to the command that runs one VM test by its name');
const names = positionals.length > 0 ? positionals : Object.keys(mutations);
let survivors = 0;
const next = async (): Promise<void> => {
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const mutation = mutations[name];
    if (!mutation) throw new Error(`there is no mutation ${name}; there are ${Object.keys(mutations).join(', ')}`);
    const { caught, text } = await tryOut(name, mutation, values.native);
    if (!caught) survivors += 1;
    process.stdout.write(
      `${caught ? 'caught  ' : 'SURVIVED'} ${name} (${mutation.test}), without: ${mutation.without}\n         ${text}\n`,
    );
  }
};
await Promise.all(Array.from({ length: Number(values.jobs) }, next));
process.exitCode = survivors === 0 ? 0 : 1;

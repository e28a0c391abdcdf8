import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Example, nixExamples } from './documented-examples.ts';
import { nixValue } from './evaluate.ts';

const root = join(import.meta.dirname, '../..');
const examples = nixExamples(readFileSync(join(root, 'docs/guides/nix.md'), 'utf8'));
const named = (file: Example['file']) => examples.filter(example => example.file === file);
const at = (list: readonly Example[]) => list.map(example => [`line ${example.line}`, example] as const);

const scratch = mkdtempSync(join(tmpdir(), 'kapso-nix-docs-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A flake with the project's plugin, in place of the one on GitHub. */
const plugin = join(scratch, 'plugin');
let source: string;
beforeAll(() => {
  mkdirSync(join(plugin, 'skills/kapso-whatsapp'), { recursive: true });
  writeFileSync(
    join(plugin, 'skills/kapso-whatsapp/SKILL.md'),
    readFileSync(join(root, 'skills/kapso-whatsapp/SKILL.md')),
  );
  const cli = `derivation { name = "kapso-whatsapp-cli"; inherit system; builder = "/bin/sh"; }`;
  const contract = `system: import ${root}/nix/plugin.nix { packages.cli = ${cli}; }`;
  writeFileSync(join(plugin, 'flake.nix'), `{ outputs = _: { openclawPlugin = ${contract}; }; }\n`);
  const nix = [process.env.NIX || 'nix', '--extra-experimental-features', 'nix-command'] as const;
  const narHash = execFileSync(nix[0], [...nix.slice(1), 'hash', 'path', plugin], { encoding: 'utf8' }).trim();
  // Its context makes the path one of the store, as with a real input. getFlake refuses such a path.
  const inStore = `builtins.substring 0 0 "\${${root}/nix/plugin.nix}"`;
  source = `{ outPath = ${inStore} + "${plugin}"; narHash = "${narHash}"; }`;
});

let count = 0;
/**
 * The guide's flake with an example and those that it continues, as an expression. Only the inputs that the flake names
 * exist. The plugin's address leads to the flake above.
 */
function configured(example: Example, system = 'x86_64-linux'): string {
  const folder = join(scratch, `flake-${count++}`);
  mkdirSync(folder);
  const list = named(example.file);
  const before = list.slice(0, list.indexOf(example)).findLast(({ continued }) => !continued);
  const parts = example.continued && before ? [before, example] : [example];
  parts.forEach(({ text }, index) => {
    const local = text.replace(/"github:openclaw-kapso-whatsapp\/[^"]*"/g, `"path:${plugin}"`);
    writeFileSync(join(folder, `part-${index}.nix`), local);
  });
  const imports = parts.map((_, index) => `./part-${index}.nix`).join(' ');
  writeFileSync(join(folder, example.file), `{ imports = [ ${imports} ]; }\n`);
  const [flake] = named('flake.nix');
  writeFileSync(join(folder, 'flake.nix'), (flake?.text ?? '').replace('x86_64-linux', system));
  const name = example.file === 'home.nix' ? 'homeConfigurations.alice' : 'nixosConfigurations.machine';
  return `(flakeOutputs ${folder} ${source}).${name}`;
}

describe("the home-manager examples of the guide evaluate by its flake, in real home-manager with nix-openclaw's module", () => {
  const services = named('home.nix').filter(({ text }) => text.includes('services.kapso-whatsapp'));
  const agents = named('home.nix').filter(({ text }) => text.includes('programs.openclaw'));

  test.each(at(services))('the service, %s', async (_line, example) => {
    for (const system of ['x86_64-linux', 'aarch64-darwin']) {
      const evaluated = await nixValue<{ failures: string[]; warnings: string[]; made: object }>(
        `let e = ${configured(example, system)}; in {
          failures = failures e;
          inherit (e.config) warnings;
          made = e.config.systemd.user.services // e.config.launchd.agents;
        }`,
        system,
      );
      expect(evaluated).toMatchObject({ failures: [], warnings: [] });
      expect(Object.keys(evaluated.made)).toContain('kapso-whatsapp-poller');
    }
  });

  test.each(at(agents))(
    'the agent, %s: the skill and the program reach it, and it is told of the key and the number',
    async (_line, example) => {
      const evaluated = await nixValue<{
        failures: string[];
        openclaw: string;
        files: Record<string, string>;
        custom: { config: { env: Record<string, string>; settings: object } }[];
        environment: Record<string, string>;
        runtime: { name: string; text: string }[];
        guard: string;
        own: { kapso: { phoneNumberId: string } };
        secret: string | null;
        exposed: string[];
      }>(
        `let
        e = ${configured(example)};
        exposed = e.extendModules { modules = [ { programs.openclaw.exposePluginPackages = lib.mkForce true; } ]; };
        fileOf = f: { name = f.target; value = if f.text == null then f.source.text or "" else f.text; };
        files = lib.listToAttrs (map fileOf (lib.attrValues e.config.home.file));
      in {
        failures = failures e;
        inherit files;
        openclaw = files.".openclaw/openclaw.json";
        exposed = map lib.getName exposed.config.home.packages;
        custom = e.config.programs.openclaw.customPlugins;
        inherit (e.config.programs.openclaw) environment;
        runtime = map (p: { name = lib.getName p; text = p.text or ""; }) e.config.programs.openclaw.runtimePackages;
        guard = e.config.home.activation.openclawPluginGuard.data;
        own = e.config.services.kapso-whatsapp.settings;
        secret = e.config.services.kapso-whatsapp.secrets.KAPSO_API_KEY;
      }`,
      );
      expect(evaluated.failures).toEqual([]);
      const [entry] = evaluated.custom;
      const wrapper = evaluated.runtime.find(({ text }) => text.includes('KAPSO_CONFIG'));
      if (wrapper) {
        expect(Object.keys(evaluated.files)).toContain('.openclaw/skills/kapso-whatsapp');
        expect([evaluated.secret, evaluated.own.kapso.phoneNumberId]).toEqual([
          '/run/secrets/kapso-api-key',
          '647000000000001',
        ]);
        return;
      }
      const { skills } = JSON.parse(evaluated.openclaw) as { skills: { load: { extraDirs: string[] } } };
      expect(skills.load.extraDirs).toEqual([expect.stringMatching(/skill-kapso-whatsapp$/)]);
      expect([...(entry ? evaluated.exposed : []), ...evaluated.runtime.map(({ name }) => name)]).toContain(
        'kapso-whatsapp-cli',
      );
      const env = { ...evaluated.environment, ...entry?.config.env };
      const written = evaluated.files['.config/kapso-whatsapp/config.json'];
      const settings = written === undefined ? undefined : (JSON.parse(written) as unknown);
      expect(env.KAPSO_API_KEY_FILE ?? env.KAPSO_API_KEY).toBe('/run/secrets/kapso-api-key');
      expect([env.KAPSO_PHONE_NUMBER_ID, settings]).toEqual(
        env.KAPSO_PHONE_NUMBER_ID === undefined
          ? [undefined, { kapso: { phoneNumberId: '647000000000001' } }]
          : ['647000000000001', undefined],
      );
    },
  );

  test('are both kinds, both together, and the agent in the form with the path and in that with the content', () => {
    expect(services.length).toBeGreaterThan(1);
    expect(services.filter(example => agents.includes(example)).length).toBeGreaterThan(0);
    const texts = agents.map(({ text }) => text);
    expect(texts.some(text => text.includes('KAPSO_API_KEY_FILE'))).toBe(true);
    expect(texts.some(text => text.includes('KAPSO_API_KEY ='))).toBe(true);
  });
});

describe('the NixOS examples of the guide evaluate by its flake', () => {
  test.each(at(named('configuration.nix')))('%s', async (_line, example) => {
    const evaluated = await nixValue<{
      failures: string[];
      warnings: string[];
      services: Record<string, { path: string[]; serviceConfig: Record<string, unknown> }>;
      agentsCli: boolean;
      users: string[];
      owners: string[];
    }>(
      `let
        e = ${configured(example)};
        inherit (e.config) systemd services users networking;
        files = lib.attrValues (e.config.sops.secrets or { }) ++ lib.attrValues (e.config.age.secrets or { });
        used = [ services.nginx services.caddy systemd.sockets systemd.tmpfiles users networking ];
        isAgentsCli = p: lib.hasInfix "KAPSO_CONFIG" (p.text or "");
      in builtins.deepSeq used {
        failures = failures e;
        inherit (e.config) warnings;
        services = systemd.services;
        users = lib.attrNames users.users;
        owners = map (file: file.owner) files;
        agentsCli = lib.any isAgentsCli (systemd.services.openclaw-gateway.path or [ ]);
      }`,
    );
    expect(evaluated).toMatchObject({ failures: [], warnings: [] });
    expect(evaluated.services).toHaveProperty(['kapso-whatsapp-poller', 'serviceConfig', 'ExecStart']);
    expect(evaluated.agentsCli).toBe('openclaw-gateway' in evaluated.services);
    expect([...evaluated.users, 'root', '0']).toEqual(expect.arrayContaining(evaluated.owners));
    const files = Object.values(evaluated.services).flatMap(unit => [unit.serviceConfig.EnvironmentFile ?? []].flat());
    expect(files.filter(path => !String(path).startsWith('/run/secrets/'))).toEqual([]);
  });

  test('are one beside a gateway among others', () => {
    const texts = named('configuration.nix').map(({ text }) => text);
    expect(texts.some(text => text.includes('services.openclaw-gateway'))).toBe(true);
    expect(texts.every(text => text.includes('services.openclaw-gateway'))).toBe(false);
  });
});

test('the flake of the guide names every input that it uses, and no other', () => {
  const [flake] = named('flake.nix');
  const text = flake?.text ?? '';
  const [, inputs = '', outputs = ''] = /inputs = \{\n(.*?)^ {2}\};\n(.*)/ms.exec(text) ?? [];
  const declared = [...inputs.matchAll(/^ {4}([\w-]+)/gm)].map(([, name = '']) => name);
  expect(declared.filter(name => !new RegExp(`\\b${name}\\b`).test(outputs))).toEqual([]);
  expect(declared).toEqual(expect.arrayContaining(['nix-openclaw', 'sops-nix', 'agenix', 'kapso-whatsapp']));
});

test.each([
  ['nixos.nix', 'nixosWithGateway'],
  ['home-manager.nix', 'homeWithOpenclaw'],
])('nix/examples/%s is right, and its twin is refused', async (name, evaluator) => {
  const path = join(root, 'nix/examples', name);
  expect(await nixValue(`failures (${evaluator} [ ${path} ])`)).toEqual([]);
  expect(await nixValue(`(${evaluator} [ ${path} ]).config.warnings`)).toEqual([]);
  expect(await nixValue<string[]>(`failures (${evaluator} [ ${path.replace('.nix', '-bad.nix')} ])`)).not.toEqual([]);
});

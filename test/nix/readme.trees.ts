import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nixValue } from './evaluate.ts';
import { type Example, nixExamples } from './readme-examples.ts';

const root = join(import.meta.dirname, '../..');
const examples = nixExamples(readFileSync(join(root, 'README.md'), 'utf8'));
const named = (file: Example['file']) => examples.filter(example => example.file === file);
const at = (list: readonly Example[]) => list.map(example => [`line ${example.line}`, example] as const);

const scratch = mkdtempSync(join(tmpdir(), 'kapso-nix-readme-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A flake with the project's plugin, in the place of the one on GitHub. */
const plugin = join(scratch, 'plugin');
let inputs: string;
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
  inputs = `{ _module.args.inputs.kapso-whatsapp = self // { outPath = "${plugin}"; narHash = "${narHash}"; }; }`;
});

let count = 0;
/** A file with the example, as a Nix path. The plugin's address leads to the flake above. */
function write({ text }: Example): string {
  const path = join(scratch, `example-${count++}.nix`);
  writeFileSync(path, text.replace(/"github:openclaw-kapso-whatsapp\/[^"]*"/g, `"path:${plugin}"`));
  return path;
}

describe('the home-manager examples of the README evaluate in real home-manager with nix-openclaw', () => {
  const services = named('home.nix').filter(({ text }) => text.includes('services.kapso-whatsapp'));
  const agents = named('home.nix').filter(example => !services.includes(example));

  test.each(at(services))('the service, %s', async (_line, example) => {
    for (const system of ['x86_64-linux', 'aarch64-darwin']) {
      const evaluated = await nixValue<{ failures: string[]; warnings: string[]; made: object }>(
        `let e = homeWithOpenclaw [ ${write(example)} ]; in { failures = failures e; inherit (e.config) warnings; made = e.config.systemd.user.services // e.config.launchd.agents; }`,
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
        packages: string[];
        custom: { config: { env: Record<string, string>; settings: object } }[];
        environment: Record<string, string>;
        runtime: string[];
        guard: string;
      }>(
        `let
        e = homeWithOpenclaw [ ${write(example)} ${inputs} { programs.openclaw.exposePluginPackages = true; } ];
        files = lib.listToAttrs (map (f: { name = f.target; value = if f.text == null then f.source.text or "" else f.text; }) (lib.attrValues e.config.home.file));
      in {
        failures = failures e;
        inherit files;
        openclaw = files.".openclaw/openclaw.json";
        packages = map lib.getName e.config.home.packages;
        custom = e.config.programs.openclaw.customPlugins;
        inherit (e.config.programs.openclaw) environment;
        runtime = map lib.getName e.config.programs.openclaw.runtimePackages;
        guard = e.config.home.activation.openclawPluginGuard.data;
      }`,
      );
      expect(evaluated.failures).toEqual([]);
      const { skills } = JSON.parse(evaluated.openclaw) as { skills: { load: { extraDirs: string[] } } };
      expect(skills.load.extraDirs).toEqual([expect.stringMatching(/skill-kapso-whatsapp$/)]);
      expect([...evaluated.packages, ...evaluated.runtime]).toContain('kapso-whatsapp-cli');
      const [entry] = evaluated.custom;
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

  test('are both kinds, the latter in the form with the path and in that with the content', () => {
    expect(services.length).toBeGreaterThan(0);
    const texts = agents.map(({ text }) => text);
    expect(texts.some(text => text.includes('KAPSO_API_KEY_FILE'))).toBe(true);
    expect(texts.some(text => text.includes('KAPSO_API_KEY ='))).toBe(true);
  });
});

describe('the NixOS examples of the README evaluate', () => {
  const list = named('configuration.nix');

  test.each(at(list))('%s', async (_line, example) => {
    const before = list.slice(0, list.indexOf(example)).findLast(({ continued }) => !continued);
    const modules = example.continued && before ? [before, example] : [example];
    const evaluated = await nixValue<{ failures: string[]; warnings: string[]; services: Record<string, object> }>(
      `let e = nixosWithGateway [ ${modules.map(write).join(' ')} ]; in builtins.deepSeq [ e.config.services.nginx e.config.services.caddy e.config.systemd.sockets e.config.systemd.tmpfiles e.config.users e.config.networking ] { failures = failures e; inherit (e.config) warnings; services = e.config.systemd.services; }`,
    );
    expect(evaluated).toMatchObject({ failures: [], warnings: [] });
    expect(evaluated.services).toHaveProperty(['kapso-whatsapp-poller', 'serviceConfig', 'ExecStart']);
  });
});

test('the flake of the README brings both modules to their configurations', async () => {
  const [flake] = named('flake.nix');
  const home = named('home.nix').find(({ text }) => text.includes('services.kapso-whatsapp'));
  const [configuration] = named('configuration.nix');
  const folder = join(scratch, 'flake');
  mkdirSync(folder);
  for (const example of [flake, home, configuration])
    writeFileSync(join(folder, example?.file ?? ''), example?.text ?? '');
  // The evaluators have our modules already: each may be imported twice.
  const units = await nixValue<object>(
    `let
      flake = import ${folder}/flake.nix;
      stand-ins = {
        self = { };
        nixpkgs = { lib.nixosSystem = { modules }: nixos modules; legacyPackages.x86_64-linux = pkgs; };
        home-manager.lib.homeManagerConfiguration = { pkgs, modules, extraSpecialArgs }: home modules;
        kapso-whatsapp = self;
      };
      outputs = flake.outputs (builtins.intersectAttrs (flake.inputs // { self = { }; }) stand-ins);
    in {
      inputs = builtins.attrNames flake.inputs;
      home = builtins.attrNames outputs.homeConfigurations.alice.config.systemd.user.services;
      nixos = builtins.attrNames outputs.nixosConfigurations.machine.config.systemd.services;
    }`,
  );
  expect(units).toEqual({
    inputs: ['home-manager', 'kapso-whatsapp', 'nixpkgs'],
    home: ['kapso-whatsapp-poller'],
    nixos: ['kapso-whatsapp-poller'],
  });
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

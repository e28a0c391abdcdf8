import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nixValue, store } from './evaluate.ts';
import { domain, failures, numbers, polling, renderedFile, set } from './modules.ts';

type Fields = Record<string, unknown>;
interface Unit {
  after: string[];
  wants: string[];
  requires: string[];
  wantedBy: string[];
  path: string[];
  serviceConfig: Fields;
}

function nixos<T>(attribute: string, ...modules: string[]): Promise<T> {
  return nixValue(`(nixos [ ${modules.join(' ')} ]).config.${attribute}`);
}

function home<T>(attribute: string, modules: readonly string[], system?: string): Promise<T> {
  return nixValue(`(home [ ${modules.join(' ')} ]).config.${attribute}`, system);
}

const poller = 'systemd.services.kapso-whatsapp-poller';
const domainWith = (text: string) => [domain, set(text)];

describe('in NixOS', () => {
  test('the secrets of several numbers are credentials with their names', async () => {
    const { LoadCredential } = await nixos<Fields>(`${poller}.serviceConfig`, numbers);
    expect(LoadCredential).toEqual([
      'kapso-api-key-sales:/run/secrets/sales',
      'kapso-api-key-support:/run/secrets/support',
      'transcribe-api-key-support:/run/secrets/speech',
      'webhook-secret-support:/run/secrets/signing',
    ]);
    const nameless = set('settings.accounts = [ { phoneNumberId = "1"; apiKeyFile = "/run/secrets/x"; } ];');
    expect(await failures('nixos', set('enable = true;'), nameless)).toEqual([
      expect.stringContaining('has a secret of its own and no name'),
    ]);
    expect(await failures('home', set('enable = true;'), nameless)).toEqual([]);
  });

  test('nothing is there until it is enabled', async () => {
    const config = await nixValue<Fields>(
      `let c = (nixos [ ]).config; in {
        inherit (c.systemd) services sockets timers;
        inherit (c.environment) systemPackages;
        inherit (c.users) users;
        nginx = c.services.nginx.enable;
        prometheus = c.services.prometheus;
        postgresql = c.services.postgresql;
        caddy = c.services.caddy.enable;
        tailscale = c.services.tailscale.enable;
        ports = c.networking.firewall.allowedTCPPorts;
      }`,
    );
    expect(config).toEqual({
      services: {},
      sockets: {},
      timers: {},
      systemPackages: [],
      users: {},
      nginx: false,
      prometheus: { enable: false, scrapeConfigs: [], ruleFiles: [] },
      postgresql: { enable: false, authentication: '', identMap: '', ensureDatabases: [], ensureUsers: [] },
      caddy: false,
      tailscale: false,
      ports: [],
    });
  });

  test('the service has the sandbox of the shipped unit, line by line', async () => {
    const { serviceConfig } = await nixos<Unit>(poller, polling);
    const shipped = readFileSync(join(import.meta.dirname, '../../nix/systemd/kapso-whatsapp-poller.service'), 'utf8');
    const [, section = ''] = /^\[Service\]\n(.*?)^\[/ms.exec(shipped) ?? [];
    const lines = (section.match(/^\w+=.*$/gm) ?? []).filter(line => !/^(Exec|Environment|LoadCredential)/.test(line));
    expect(lines.length).toBeGreaterThan(40);
    const rendered = Object.entries(serviceConfig).flatMap(([key, value]) =>
      [value].flat().map(item => `${key}=${String(item)}`),
    );
    expect(rendered).toEqual(expect.arrayContaining(lines));
    const own = rendered.filter(line => !lines.includes(line)).map(line => line.split('=')[0]);
    expect(own.sort()).toEqual(['ExecStart', 'LoadCredential']);
  });

  test('secrets are credentials by the names that the program looks for, and in no variable', async () => {
    const { serviceConfig } = await nixos<Unit>(poller, domain, set('secrets.OPENCLAW_TOKEN = "/run/100%/token";'));
    expect(serviceConfig.LoadCredential).toEqual([
      'gateway-token:/run/100%%/token',
      'kapso-api-key:/run/secrets/kapso-api-key',
      'webhook-secret:/run/secrets/secret',
      'webhook-verify-token:/run/secrets/verify',
    ]);
    expect(serviceConfig).not.toHaveProperty('EnvironmentFile');
  });

  test('the service waits for the gateway without needing it, and restarts with its settings', async () => {
    const unit = await nixos<Unit>(poller, polling);
    expect(unit).toMatchObject({ wantedBy: ['multi-user.target'], requires: [], wants: ['network-online.target'] });
    expect(unit.after).toEqual(['network-online.target', 'openclaw-gateway.service']);
    const triggers = async (text: string) =>
      await nixValue(`map toString (nixos [ ${polling} ${set(text)} ]).config.${poller}.restartTriggers`);
    expect(await triggers('settings.polling.interval = 20;')).not.toEqual(
      await triggers('settings.polling.interval = 25;'),
    );
  });

  test('a socket is held by systemd, under the name that the program knows', async () => {
    const modules = domainWith('socketActivation.enable = true;');
    expect(await nixos('systemd.sockets.kapso-whatsapp-poller', ...modules)).toMatchObject({
      wantedBy: ['sockets.target'],
      listenStreams: ['127.0.0.1:18790'],
      socketConfig: { FileDescriptorName: 'webhook', Backlog: 4096 },
    });
    expect(await nixos(poller, ...modules)).toMatchObject({
      wantedBy: ['multi-user.target'],
      requires: ['kapso-whatsapp-poller.socket'],
    });
  });

  test.each([
    [':18790', '18790'],
    ['*:18790', '18790'],
    ['localhost:18790', '127.0.0.1:18790'],
    ['[::1]:18790', '[::1]:18790'],
    ['unix:/run/kapso-whatsapp/webhook.sock', '/run/kapso-whatsapp/webhook.sock'],
    // A percent sign would begin a specifier.
    ['unix:/run/kapso%h/webhook.sock', '/run/kapso%%h/webhook.sock'],
  ])('webhook.listen %s is ListenStream=%s', async (listen, stream) => {
    const modules = [
      domain,
      set(`settings.webhook.listen = lib.mkForce "${listen}";`),
      set('socketActivation.enable = true;'),
    ];
    expect(await failures('nixos', ...modules)).toEqual([]);
    expect(await nixos('systemd.sockets.kapso-whatsapp-poller.listenStreams', ...modules)).toEqual([stream]);
    expect(await home('systemd.user.sockets.kapso-whatsapp-poller.Socket.ListenStream', modules)).toEqual([stream]);
  });

  test('nginx has the percent sign of a socket path once', async () => {
    const modules = [
      ...domainWith('nginx = { enable = true; virtualHost = "a.example"; };'),
      set('settings.webhook.listen = lib.mkForce "unix:/run/kapso%h/w.sock";'),
      set('socketActivation.enable = true;'),
    ];
    const hosts = await nixos<Record<string, { locations: Record<string, Fields> }>>(
      'services.nginx.virtualHosts',
      ...modules,
    );
    expect(hosts['a.example']?.locations['= /webhook']?.proxyPass).toBe('http://unix:/run/kapso%h/w.sock');
  });

  test.each(['/var/lib/kapso-whatsapp', '/var/lib/kapso-whatsapp/', '/var/lib/.kapso/a..b'])(
    'the state directory %s is made by systemd',
    async dir => {
      const modules = [polling, set(`settings.state.dir = "${dir}";`)];
      expect(await failures('nixos', ...modules)).toEqual([]);
      const { serviceConfig } = await nixos<Unit>(poller, ...modules);
      expect(`/var/lib/${String(serviceConfig.StateDirectory)}`).toBe(dir.replace(/\/$/, ''));
    },
  );

  test('on demand, only the socket starts the service', async () => {
    const unit = await nixos<Unit>(poller, ...domainWith('socketActivation = { enable = true; idleExit = 60; };'));
    expect(unit.wantedBy).toEqual([]);
    expect(unit.serviceConfig.ExecStart).toMatch(/ --idle-exit 60$/);
  });

  test('a timer polls in the place of the service', async () => {
    const modules = [polling, set('timer = { enable = true; interval = 300; };')];
    const services = await nixos<Record<string, Unit>>('systemd.services', ...modules);
    expect(Object.keys(services)).toEqual(['kapso-whatsapp-poller-once']);
    const { serviceConfig, wantedBy } = services['kapso-whatsapp-poller-once'] as Unit;
    expect(wantedBy).toEqual([]);
    expect(serviceConfig).toMatchObject({ Type: 'oneshot', SuccessExitStatus: 75, DynamicUser: 'yes' });
    expect(serviceConfig.ExecStart).toMatch(/ --once$/);
    const timer = 'systemd.timers.kapso-whatsapp-poller-once.timerConfig';
    expect(await nixos(timer, ...modules)).toMatchObject({ OnBootSec: '1min', OnUnitInactiveSec: '300s' });
    const calendar = await nixos<Fields>(timer, ...modules, set('timer.onCalendar = "*:0/5";'));
    expect(calendar).toMatchObject({ OnCalendar: '*:0/5', Persistent: true });
    expect(calendar).not.toHaveProperty('OnUnitInactiveSec');
  });

  test('nginx passes on the one path, with the body as it is, and opens the firewall for itself only when told to', async () => {
    const modules = [
      ...domainWith('nginx.enable = true;'),
      set('settings.webhook = { publicUrl = "https://a.example/hook"; path = "/hook"; };'),
    ];
    expect(await nixos('services.nginx.virtualHosts', ...modules)).toEqual({
      'a.example': {
        enableACME: true,
        forceSSL: true,
        locations: {
          '= /hook': {
            proxyPass: 'http://127.0.0.1:18790',
            return: null,
            extraConfig: 'proxy_http_version 1.1;\nproxy_set_header Host $host;\nclient_max_body_size 1048576;\n',
          },
          '/': { proxyPass: null, return: '404', extraConfig: '' },
        },
      },
    });
    expect(await nixos('networking.firewall.allowedTCPPorts', ...modules)).toEqual([]);
    expect(await nixos('networking.firewall.allowedTCPPorts', ...modules, set('openFirewall = true;'))).toEqual([
      80, 443,
    ]);
  });

  test('Caddy does the same, also through a Unix socket of its group', async () => {
    const modules = [
      domain,
      set('caddy = { enable = true; virtualHost = "a.example"; };'),
      set('settings.webhook.listen = lib.mkForce "unix:/run/kapso/webhook.sock";'),
      set('socketActivation.enable = true;'),
    ];
    const hosts = await nixos<Record<string, { extraConfig: string }>>('services.caddy.virtualHosts', ...modules);
    expect(hosts['a.example']?.extraConfig).toContain(
      'handle /webhook {\n  reverse_proxy unix//run/kapso/webhook.sock\n}',
    );
    expect(await nixos('systemd.sockets.kapso-whatsapp-poller', ...modules)).toMatchObject({
      listenStreams: ['/run/kapso/webhook.sock'],
      socketConfig: { SocketMode: '0660', SocketGroup: 'caddy' },
    });
  });

  test('Prometheus reads the metrics where they are served, with the rules', async () => {
    const on = [polling, set('metrics.prometheus = true;')];
    const prometheus = (...modules: string[]) =>
      nixos<{ enable: boolean; scrapeConfigs: Fields[]; ruleFiles: string[] }>('services.prometheus', ...modules);
    const job = (target: string) => [{ job_name: 'kapso-whatsapp', static_configs: [{ targets: [target] }] }];
    expect(await failures('nixos', ...on)).toEqual([]);
    expect(await prometheus(...on)).toMatchObject({ enable: true, scrapeConfigs: job('127.0.0.1:9464') });
    expect((await prometheus(...on)).ruleFiles).toEqual([expect.stringMatching(/rules\.yaml$/)]);
    expect(await nixos('services.kapso-whatsapp.settings.metrics', ...on)).toMatchObject({ enable: true });
    const open = await prometheus(...on, set('settings.metrics.listen = ":9999";'));
    expect(open.scrapeConfigs).toEqual(job('127.0.0.1:9999'));
  });

  test('behind a proxy the webhook is for this machine only; without one the firewall opens its port', async () => {
    const open = [polling, set('settings.mode = "domain";'), set('secrets.KAPSO_WEBHOOK_VERIFY_TOKEN = "/run/v";')];
    const listen = 'services.kapso-whatsapp.settings.webhook.listen';
    expect(await nixos(listen, ...open)).toBe(':18790');
    expect(await nixos(listen, ...open, set('caddy = { enable = true; virtualHost = "a.example"; };'))).toBe(
      '127.0.0.1:18790',
    );
    expect(await nixos('networking.firewall.allowedTCPPorts', ...open, set('openFirewall = true;'))).toEqual([18790]);
  });

  test('the mode tailscale has a user that tailscaled knows, and may open the funnel', async () => {
    const modules = [domain, set('settings.mode = lib.mkForce "tailscale";'), set('tailscale.enable = true;')];
    const unit = await nixos<Unit>(poller, ...modules);
    expect(unit.serviceConfig).toMatchObject({
      DynamicUser: false,
      User: 'kapso-whatsapp',
      PrivateUsers: 'yes',
      ProtectHome: 'yes',
    });
    expect(unit.after).toEqual(expect.arrayContaining(['tailscaled.service', 'tailscaled-set.service']));
    expect(unit.path).toEqual([expect.stringContaining('tailscale')]);
    expect(await nixos('services.tailscale', ...modules)).toMatchObject({
      enable: true,
      extraSetFlags: ['--operator=kapso-whatsapp'],
    });
    expect(await nixos('users.users', ...modules)).toHaveProperty('kapso-whatsapp.isSystemUser', true);
    expect(await nixos('users.users', ...modules, set('tailscale.operator = "alice";'))).toEqual({});
  });

  test('a database of this machine: its owner is the account of the service, and root is let in for the command line', async () => {
    const modules = [polling, set('database.createLocally = true;')];
    expect(await failures('nixos', ...modules)).toEqual([]);
    expect(await nixos('services.postgresql', ...modules)).toEqual({
      enable: true,
      authentication: 'local kapso-whatsapp kapso-whatsapp peer map=kapso-whatsapp\n',
      identMap: 'kapso-whatsapp kapso-whatsapp kapso-whatsapp\nkapso-whatsapp root kapso-whatsapp\n',
      ensureDatabases: ['kapso-whatsapp'],
      ensureUsers: [{ name: 'kapso-whatsapp', ensureDBOwnership: true }],
    });
    const unit = await nixos<Unit>(poller, ...modules);
    expect(unit.requires).toEqual(['postgresql.target']);
    expect(unit.after).toContain('postgresql.target');
    expect(unit.serviceConfig).toMatchObject({ DynamicUser: false, User: 'kapso-whatsapp', PrivateUsers: 'yes' });
    expect(String(unit.serviceConfig.RestrictAddressFamilies).split(' ')).toContain('AF_UNIX');
    expect(await nixos('users.users', ...modules)).toHaveProperty('kapso-whatsapp.isSystemUser', true);
    expect(JSON.parse(await renderedFile('nixos', ...modules))).toHaveProperty(
      'state.database',
      'postgresql://kapso-whatsapp@/kapso-whatsapp?host=/run/postgresql',
    );
  });

  test('beside the mode tailscale the database is that of the operator', async () => {
    const modules = [domain, set('settings.mode = lib.mkForce "tailscale";'), set('database.createLocally = true;')];
    const operator = set('tailscale = { enable = true; operator = "alice"; };');
    expect(await failures('nixos', ...modules, operator)).toEqual([]);
    expect(await nixos('services.postgresql.ensureUsers', ...modules, operator)).toMatchObject([{ name: 'alice' }]);
    expect((await nixos<Unit>(poller, ...modules, operator)).serviceConfig).toMatchObject({ User: 'alice' });
    expect(await nixos('users.users', ...modules, operator)).toEqual({});
    expect(await renderedFile('nixos', ...modules, operator)).toContain('postgresql://alice@/alice?');
  });

  test("beside nix-openclaw's service: after its unit, at its port, with its skills", async () => {
    const gateway = `{ services.openclaw-gateway = { enable = true; port = 20000; unitName = "claw"; }; }`;
    const config = await nixValue<{ after: string[]; url: string; links: Fields }>(
      `let c = (nixosWithGateway [ ${polling} ${gateway} ${set('installSkill = true;')} ]).config; in {
        inherit (c.${poller}) after;
        inherit (c.services.kapso-whatsapp.settings.gateway) url;
        links = c.systemd.tmpfiles.settings.kapso-whatsapp;
      }`,
    );
    expect(config.after).toContain('claw.service');
    expect(config.url).toBe('ws://127.0.0.1:20000');
    expect(config.links).toMatchObject({
      '/var/lib/openclaw/skills': { d: { user: 'openclaw' } },
      '/var/lib/openclaw/skills/kapso-whatsapp': { 'L+': { argument: expect.stringMatching(/^\/nix\/store\//) } },
    });
  });
});

describe('with home-manager', () => {
  const service = 'systemd.user.services.kapso-whatsapp-poller';

  test('a user service after the gateway, which it does not need, restarted with its settings', async () => {
    const unit = await home<Record<'Unit' | 'Service' | 'Install', Fields>>(service, [polling]);
    expect(unit.Unit).toMatchObject({
      After: ['openclaw-gateway.service', 'sops-nix.service', 'agenix.service'],
      'X-Restart-Triggers': [expect.stringMatching(/kapso-whatsapp\.json$/)],
    });
    expect(unit.Unit).not.toHaveProperty('Requires');
    expect(unit.Service).toMatchObject({
      Type: 'notify',
      NotifyAccess: 'main',
      NoNewPrivileges: 'yes',
      RestartPreventExitStatus: '64 78',
    });
    expect(unit.Install).toEqual({ WantedBy: ['default.target'] });
  });

  test('a socket, and on demand', async () => {
    const modules = domainWith('socketActivation = { enable = true; idleExit = 60; };');
    expect(await home('systemd.user.sockets.kapso-whatsapp-poller', modules)).toMatchObject({
      Socket: { ListenStream: ['127.0.0.1:18790'], FileDescriptorName: 'webhook' },
      Install: { WantedBy: ['sockets.target'] },
    });
    const unit = await home<Record<string, Fields>>(service, modules);
    expect(unit).not.toHaveProperty('Install');
    expect(unit.Unit).toHaveProperty('Requires', ['kapso-whatsapp-poller.socket']);
  });

  test('a timer in the place of the service', async () => {
    const units = await home<Fields>('systemd.user', [polling, set('timer.enable = true;')]);
    expect(units.services).toMatchObject({
      'kapso-whatsapp-poller-once': { Service: { Type: 'oneshot', SuccessExitStatus: 75, NoNewPrivileges: 'yes' } },
    });
    expect(units.services).not.toHaveProperty('kapso-whatsapp-poller');
    expect(units.timers).toMatchObject({ 'kapso-whatsapp-poller-once': { Timer: { OnUnitInactiveSec: '120s' } } });
  });

  test('a launchd agent on macOS, which is given the variables of the environment file', async () => {
    const agent = 'launchd.agents.kapso-whatsapp-poller.config';
    const modules = [polling, set('environmentFile = "/Users/alice/kapso.env";')];
    const always = await home<Fields>(agent, modules, 'aarch64-darwin');
    expect(always).toMatchObject({
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      StandardErrorPath: '/Users/alice/Library/Logs/kapso-whatsapp-poller.log',
      Umask: 0o077,
    });
    expect(always.ProgramArguments).toEqual([
      '/bin/sh',
      expect.stringMatching(/environment-file\.sh$/),
      '/Users/alice/kapso.env',
      expect.stringMatching(/kapso-whatsapp-poller$/),
      '--config',
      expect.stringMatching(/kapso-whatsapp\.json$/),
    ]);
    const [shell = '', script = ''] = always.ProgramArguments as string[];
    const file = join(mkdtempSync(join(tmpdir(), 'kapso-environment-')), 'env');
    writeFileSync(file, 'KAPSO_API_KEY=a`echo run`b $HOME\n');
    const asked = [join(store, script), file, process.execPath, '-p', 'process.env.KAPSO_API_KEY'];
    expect(execFileSync(shell, asked, { encoding: 'utf8' })).toBe('a`echo run`b $HOME\n');
    const now = await home<Fields>(agent, [...modules, set('timer.enable = true;')], 'aarch64-darwin');
    expect(now).toMatchObject({ StartInterval: 120, KeepAlive: null });
    expect(await home('systemd.user.services', modules, 'aarch64-darwin')).toEqual({});
  });

  test('the skill is linked as a directory into the state directory, which OpenClaw accepts', async () => {
    const target = '".openclaw/skills/kapso-whatsapp"';
    const source = await nixValue<string>(
      `let files = (home [ ${polling} ${set('installSkill = true;')} ]).config.home.file;
      in toString (lib.findFirst (file: file.target == ${target}) null (lib.attrValues files)).source`,
    );
    expect(
      readFileSync(
        join(
          source.replace(/^\/nix\/store\/[^/]*$/, join(import.meta.dirname, '../../skills/kapso-whatsapp')),
          'SKILL.md',
        ),
        'utf8',
      ),
    ).toContain('name: kapso-whatsapp');
  });

  test("nix-openclaw's config.json is not ours to write", async () => {
    const names = await nixValue<string[]>(
      `map (file: file.target) (lib.attrValues (home [ ${polling} ${set('installSkill = true;')} ]).config.home.file)`,
    );
    expect(names.filter(name => name.includes('kapso-whatsapp/config'))).toEqual([]);
  });
});

describe('the command line', () => {
  const gateway = `{ services.openclaw-gateway.enable = true; }`;
  const openclaw = `{ programs.openclaw.enable = true; }`;
  const skill = set('installSkill = true;');
  test.each([
    ['the PATH', 'nixos', 'environment.systemPackages', ''],
    ['the PATH', 'home', 'home.packages', ''],
    ["the gateway's PATH", 'nixosWithGateway', 'systemd.services.openclaw-gateway.path', gateway],
    ["the gateway's PATH", 'homeWithOpenclaw', 'programs.openclaw.runtimePackages', `${openclaw} ${skill}`],
  ])('is on %s with the same configuration, before the package itself (%s)', async (_where, kind, packages, beside) => {
    const [wrapper] = await nixValue<{ text: string; priority: number; made: string[] }[]>(
      `let
        isWrapper = p: p ? text && lib.getName p == "kapso-whatsapp-cli";
        shown = p: {
          inherit (p) text;
          inherit (p.meta) priority;
          made = builtins.attrNames (builtins.getContext p.text);
        };
      in map shown (lib.filter isWrapper (${kind} [ ${polling} ${beside} ]).config.${packages})`,
    );
    expect(wrapper?.priority).toBeLessThan(5);
    const [, name = ''] =
      /^export KAPSO_CONFIG="\$\{KAPSO_CONFIG:-(\/nix\/store\/.*\.json)\}"$/m.exec(wrapper?.text ?? '') ?? [];
    expect(wrapper?.text).toMatch(/^exec \/nix\/store\/\S+\/bin\/kapso-whatsapp-cli "\$@"$/m);
    // The user's CLI reads the secret by its path. The credential of a system service is not for the user.
    const file = wrapper?.made.find(path => path.endsWith('.json.drv')) ?? '';
    const derivation = readFileSync(join(store, file), 'utf8');
    expect(derivation).toContain(name);
    expect(derivation).toContain('\\"apiKeyFile\\":\\"/run/secrets/kapso-api-key\\"');
  });

  test.each([
    ['nixos', 'environment.systemPackages', 'enableCli = false;'],
    ['home', 'home.packages', 'enableCli = false;'],
    ['nixosWithGateway', 'systemd.services.openclaw-gateway.path', 'enableCli = false;'],
    ['homeWithOpenclaw', 'programs.openclaw.runtimePackages', 'enableCli = false; installSkill = true;'],
    // In this case the plugin brings it.
    ['homeWithOpenclaw', 'programs.openclaw.runtimePackages', 'installSkill = false;'],
  ])('is left out where it is not wanted (%s %s: %s)', async (kind, packages, text) => {
    const beside = kind === 'nixosWithGateway' ? gateway : '';
    const without = `(${kind} [ ${polling} ${beside} { services.kapso-whatsapp = { ${text} }; } ]).config.${packages}`;
    expect(await nixValue(`map lib.getName (${without})`)).not.toContain('kapso-whatsapp-cli');
  });

  test('needs no module of nix-openclaw, and no gateway that is enabled', async () => {
    for (const [kind, modules] of [
      ['nixos', `${polling}`],
      ['nixosWithGateway', `${polling}`],
      ['home', `${polling} ${skill}`],
    ]) {
      expect(await nixValue(`failures (${kind} [ ${modules} ])`)).toEqual([]);
    }
  });
});

import { describe, expect, test } from 'vitest';
import { evaluate, nixValue } from './evaluate.ts';
import { domain, failures, kinds, numbers, polling, renderedFile, set } from './modules.ts';

describe('is refused with a sentence', () => {
  const common: [what: string, modules: string[], sentence: RegExp][] = [
    ['no API key', [set('enable = true;')], /API key is missing.*secrets\.KAPSO_API_KEY.*environmentFile/s],
    [
      'no phone number id',
      [polling, set('settings.kapso.phoneNumberId = lib.mkForce null;')],
      /phone number id is missing/,
    ],
    [
      'webhooks without a verify token',
      [domain, set('secrets.KAPSO_WEBHOOK_VERIFY_TOKEN = lib.mkForce null;')],
      /verify token is missing.*"domain"/s,
    ],
    [
      'the API key in settings',
      [polling, set('settings.kapso.apiKey = "x";')],
      /settings\.kapso\.apiKey would put a secret/,
    ],
    [
      'one number beside several',
      [numbers, set('settings.kapso.phoneNumberId = "647000000000001";')],
      /is set beside services\.kapso-whatsapp\.settings\.accounts/,
    ],
    [
      'the key of an account in the store',
      [polling, set('settings.accounts = [ { phoneNumberId = "1"; name = "a"; apiKeyFile = "/nix/store/x-key"; } ];')],
      /accounts\.\*\.apiKeyFile is in the Nix store/,
    ],
    [
      'several numbers of which one has no key',
      [numbers, set('settings.accounts = lib.mkForce [ { phoneNumberId = "1"; } { phoneNumberId = "2"; } ];')],
      /API key is missing/,
    ],
    [
      'the token in settings',
      [polling, set('settings.gateway.token = "x";')],
      /settings\.gateway\.token would put a secret/,
    ],
    [
      'the verify token in settings',
      [polling, set('settings.webhook.verifyToken = "x";')],
      /webhook\.verifyToken would put/,
    ],
    ['signing secrets in settings', [domain, set('settings.webhook.secret = [ "x" ];')], /webhook\.secret would put/],
    [
      'a secret file in settings',
      [polling, set('settings.gateway.tokenFile = "/x";')],
      /Set\s.*secrets\.OPENCLAW_TOKEN to that path/s,
    ],
    [
      'required signatures without a secret',
      [
        domain,
        set('secrets.KAPSO_WEBHOOK_SECRET = lib.mkForce null;'),
        set('settings.webhook.requireSignature = true;'),
      ],
      /there is no signing secret/,
    ],
    ['registration without an address', [domain, set('settings.webhook.register = true;')], /needs .*publicUrl/],
    [
      'the mode tailscale without its option',
      [domain, set('settings.mode = lib.mkForce "tailscale";')],
      /needs services\.kapso-whatsapp\.tailscale\.enable/,
    ],
    [
      'tailscale in another mode',
      [polling, set('tailscale.enable = true;')],
      /tailscale\.enable is for the mode "tailscale"/,
    ],
    [
      'a socket without webhooks',
      [polling, set('socketActivation.enable = true;')],
      /holds the webhook's socket.*"polling"/s,
    ],
    ['on demand without a socket', [domain, set('socketActivation.idleExit = 60;')], /only a socket starts it again/],
    [
      'on demand behind a tunnel',
      [
        domain,
        set('settings.mode = lib.mkForce "tailscale";'),
        set('tailscale.enable = true;'),
        set('socketActivation = { enable = true; idleExit = 60; };'),
      ],
      /would close the tunnel/,
    ],
    ['a timer with webhooks', [domain, set('timer.enable = true;')], /timer\.enable only polls/],
    [
      'a timer with a socket',
      [domain, set('timer.enable = true;'), set('socketActivation.enable = true;')],
      /timer\.enable and .*socketActivation\.enable exclude each other/,
    ],
    [
      'a host name where systemd listens',
      [domain, set('socketActivation = { enable = true; listenStreams = [ "example.com:18790" ]; };')],
      /must be an address\s+for systemd/,
    ],
    ...['vsock:2:18790', '@kapso', '127.0.0.1:0', '65536', '[fe80::1]:18790%eth0', `/run/${'x'.repeat(103)}`].map(
      (stream): (typeof common)[number] => [
        `${stream}, which the poller does not take over from systemd`,
        [domain, set(`socketActivation = { enable = true; listenStreams = [ "${stream}" ]; };`)],
        /must be an address\s+for systemd/,
      ],
    ),
    [
      'two sockets, with which the poller does not start',
      [
        domain,
        set('socketActivation = { enable = true; listenStreams = [ "127.0.0.1:18790" "/run/kapso/w.sock" ]; };'),
      ],
      /has 2 addresses.*takes one socket/s,
    ],
    [
      'no socket where one is wanted',
      [domain, set('socketActivation = { enable = true; listenStreams = [ ]; };')],
      /has 0 addresses/,
    ],
    ...['/run/kapso whatsapp/w.sock', '/run/kapso;x/w.sock', '/run/kapso:x/w.sock', '/run/kapso$x/w.sock'].map(
      (path): (typeof common)[number] => [
        `the socket path ${path}, which is not one word of a proxy`,
        [domain, set(`settings.webhook.listen = lib.mkForce "unix:${path}";`), set('socketActivation.enable = true;')],
        /settings\.webhook\.listen is "unix:.*must be absolute/s,
      ],
    ),
    [
      'a section with a slip',
      [polling, set('settings.poling.interval = 30;')],
      /settings\.poling is no setting of the programs\. Did you mean polling\?/,
    ],
    [
      'a setting with a slip',
      [polling, set('settings.polling.intervall = 30;')],
      /settings\.polling\.intervall is no setting of the programs\. Did you mean polling\.interval\?/,
    ],
    [
      'two addresses of databases',
      [
        polling,
        set('database.url = "postgresql://db.example/kapso?sslcert=/etc/kapso.crt";'),
        set('secrets.KAPSO_STATE_DATABASE = "/run/secrets/database";'),
      ],
      /database\.url and .*KAPSO_STATE_DATABASE both name a database/,
    ],
    ...['database.url = "postgresql:///kapso";', 'secrets.KAPSO_STATE_DATABASE = "/run/secrets/database";'].map(
      (text): (typeof common)[number] => [
        `a database of this machine beside ${text}`,
        [polling, set('database.createLocally = true;'), set(text)],
        /createLocally makes a database on this machine, and .*\s+.*names another one/,
      ],
    ),
    [
      'a server that always runs, for passes now and then',
      [polling, set('database.createLocally = true;'), set('timer.enable = true;')],
      /timer\.enable is for small machines/,
    ],
    [
      'the address of a database in settings',
      [polling, set('settings.state.database = "postgresql://a:b@c/d";')],
      /settings\.state\.database would put a secret/,
    ],
    [
      'a setting like none',
      [polling, set('settings.colour = "red";')],
      /settings\.colour is no setting of the programs/,
    ],
  ];
  const nixos: typeof common = [
    ['a state directory elsewhere', [polling, set('settings.state.dir = "/srv/kapso";')], /write below \/var\/lib\//],
    ...['/var/lib/../../etc/kapso', '/var/lib/kapso/..', '/var/lib/./kapso', '/var/lib/', '/var/lib//kapso'].map(
      (dir): (typeof common)[number] => [
        `the state directory ${dir}, which systemd does not make`,
        [polling, set(`settings.state.dir = "${dir}";`)],
        /write below \/var\/lib\//,
      ],
    ),
    ...['nginx', 'caddy'].flatMap(proxy =>
      ['/hook', '/webhook/', ''].map((path): (typeof common)[number] => [
        `${proxy} in front of another path ("${path}") than the one that Kapso is told`,
        [domain, set(`settings.webhook.publicUrl = "https://a.example${path}";`), set(`${proxy}.enable = true;`)],
        /answered with 404.*settings\.webhook\.path to "\/.*"/s,
      ]),
    ),
    [
      'a proxy without webhooks',
      [polling, set('nginx = { enable = true; virtualHost = "a.example"; };')],
      /mode "domain".*"polling"/s,
    ],
    [
      'two proxies',
      [
        domain,
        set('nginx = { enable = true; virtualHost = "a.example"; };'),
        set('caddy = { enable = true; virtualHost = "a.example"; };'),
      ],
      /exclude each other; choose one/,
    ],
    ['a proxy without a name', [domain, set('caddy.enable = true;')], /virtual host has no name/],
    ['an open firewall for nothing', [polling, set('openFirewall = true;')], /has nothing to open/],
    [
      'a Unix socket of our own',
      [domain, set('settings.webhook.listen = lib.mkForce "unix:/run/a.sock";')],
      /Set services\.kapso-whatsapp\.socketActivation/,
    ],
    [
      'Prometheus at a Unix socket',
      [polling, set('metrics.prometheus = true;'), set('settings.metrics.listen = "unix:/run/a.sock";')],
      /which Prometheus\s+cannot read/,
    ],
    [
      'Prometheus of a poller that runs now and then',
      [polling, set('metrics.prometheus = true;'), set('timer.enable = true;')],
      /needs a poller that runs all the time/,
    ],
    ['a skill without a gateway', [polling, set('installSkill = true;')], /needs services\.openclaw-gateway/],
  ];
  const home: typeof common = [
    ['an open firewall', [polling, set('openFirewall = true;')], /openFirewall is for NixOS/],
    ['a server', [polling, set('database.createLocally = true;')], /database\.createLocally is for NixOS/],
    ['nginx', [domain, set('nginx.enable = true;')], /nginx\.enable is for NixOS/],
    ['Prometheus', [polling, set('metrics.prometheus = true;')], /metrics\.prometheus is for NixOS/],
    ['Caddy', [domain, set('caddy.enable = true;')], /caddy\.enable is for NixOS/],
    ['an operator', [polling, set('tailscale.operator = "alice";')], /tailscale\.operator is for NixOS/],
  ];
  const cases = [
    ...kinds.flatMap(kind => common.map(([what, ...rest]) => [kind, what, ...rest] as const)),
    ...nixos.map(([what, ...rest]) => ['nixos' as const, what, ...rest] as const),
    ...home.map(([what, ...rest]) => ['home' as const, what, ...rest] as const),
  ];
  test.each(cases)('%s: %s', async (kind, _what, modules, sentence) => {
    expect(await failures(kind, ...modules)).toEqual(expect.arrayContaining([expect.stringMatching(sentence)]));
  });

  test.each(kinds)('only then: a right configuration has no complaint (%s)', async kind => {
    for (const modules of [[polling], [domain], [polling, set('timer.enable = true;')]]) {
      expect(await failures(kind, ...modules)).toEqual([]);
      expect(await nixValue(`(${kind} [ ${modules.join(' ')} ]).config.warnings`)).toEqual([]);
    }
  });

  test('what launchd cannot do', async () => {
    const modules = `[ ${domain} ${set('socketActivation.enable = true;')} ${set('timer.onCalendar = "daily";')} ]`;
    expect(await nixValue(`failures (home ${modules})`, 'aarch64-darwin')).toEqual([
      expect.stringContaining('socketActivation.enable needs systemd'),
      expect.stringContaining('timer.onCalendar needs systemd'),
    ]);
  });

  test.each([
    [
      'a secret in the store',
      'secrets.KAPSO_API_KEY = "/nix/store/00000000000000000000000000000000-key";',
      'not in the Nix store',
    ],
    ['a path literal, which would be copied there', 'secrets.KAPSO_API_KEY = ./key;', 'not in the Nix store'],
    ['a relative path', 'secrets.KAPSO_API_KEY = "key";', 'absolute path'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this one is Nix's
    ['an environment file in the store', 'environmentFile = "${pkgs.writeText "env" ""}";', 'not in the Nix store'],
    ...['\\nExecStartPre=+/run/evil', '\\rX=y', '\\\\', ' '].flatMap(end => [
      [
        `a secret's path that changes the unit: ${end}`,
        `secrets.KAPSO_API_KEY = "/run/a${end}";`,
        'without line breaks',
      ],
      [`an environment file that changes the unit: ${end}`, `environmentFile = "/run/a${end}";`, 'without line breaks'],
    ]),
    ...['*', '?', '[ab]'].map(end => [
      `an environment file that is a pattern: ${end}`,
      `environmentFile = "/run/a${end}";`,
      'any of * ? [',
    ]),
    ['a secret with a name that is none', 'secrets.KAPSO_KEY = "/run/secrets/key";', 'does not exist'],
    ['a number where digits in quotes belong', 'settings.kapso.phoneNumberId = 647000000000001;', 'digits only'],
    ['an interval that is too short', 'settings.polling.interval = 3;', 'between 5 and 86400'],
    ['a mode that is none', 'settings.mode = "webhook";', 'one of "polling", "tailscale", "domain"'],
    ['text for a number', 'settings.polling.interval = "30";', 'between 5 and 86400'],
    ...[
      'postgresql://kapso:secret@db.example/kapso',
      'postgresql://kapso:secret@db1.example:5432,db2.example/kapso',
      'postgres:///kapso?password=secret',
      'postgres:///kapso?host=/run/postgresql&password=secret',
    ].map(url => [`a password in the store: ${url}`, `database.url = "${url}";`, 'without a password']),
    ['an address of another database', 'database.url = "mysql://db.example/kapso";', 'PostgreSQL'],
  ])('by type: %s', async (_what, text, sentence) => {
    for (const kind of kinds) {
      const evaluated = await evaluate(
        `let c = (${kind} [ ${set(text)} ]).config.services.kapso-whatsapp;
          in [ c.secrets c.environmentFile c.settings c.database ]`,
      );
      expect(evaluated.ok ? 'accepted' : evaluated.error).toContain(sentence);
    }
  });

  test.each(kinds)(
    'as a warning: another path than the one that Kapso is told, where a proxy may change it (%s)',
    async kind => {
      const warnings = (text: string) =>
        nixValue(
          `(${kind} [ ${domain} ${set(`settings.webhook = { publicUrl = "https://a.example:8443${text}"; };`)} ]).config.warnings`,
        );
      expect(await warnings('/hook')).toEqual([expect.stringMatching(/serves "\/webhook" alone.*path to "\/hook"/s)]);
      expect(await warnings('')).toEqual([expect.stringContaining('to "/"')]);
      expect(await warnings('/webhook')).toEqual([]);
    },
  );

  test.each(kinds)(
    'a value that is no setting does not reach the file, also where nobody looks at the assertions (%s)',
    async kind => {
      const right = await renderedFile(kind, polling);
      for (const key of [
        'kapso.apiKey',
        'kapso.apikey',
        'kapso.api_key',
        'gateway.Token',
        'gateway.auth.token',
        'env.KAPSO_API_KEY',
        'KAPSO_API_KEY',
        '"kapso.apiKey"',
      ]) {
        const wrong = set(`settings.${key} = "sk_live_1";`);
        expect(await failures(kind, polling, wrong)).not.toEqual([]);
        expect(await renderedFile(kind, polling, wrong)).toBe(right);
      }
    },
  );

  test.each(kinds)('as a warning: webhooks that anybody can send (%s)', async kind => {
    const unsigned = `${domain} ${set('secrets.KAPSO_WEBHOOK_SECRET = lib.mkForce null;')}`;
    expect(await nixValue(`(${kind} [ ${unsigned} ]).config.warnings`)).toEqual([
      expect.stringContaining('without a signing secret'),
    ]);
    const registered = set('settings.webhook = { register = true; publicUrl = "https://a.example/webhook"; };');
    expect(await nixValue(`(${kind} [ ${unsigned} ${registered} ]).config.warnings`)).toEqual([]);
  });

  const gateway = `{ services.openclaw-gateway.enable = true; services.kapso-whatsapp.installSkill = true; }`;
  const sops = (text: string) =>
    `{ sops.secrets.kapso-api-key = { path = "/run/secrets/kapso-api-key"; ${text} }; imports = [ secretModules ]; }`;
  test.each([
    ['is root alone', sops(''), true],
    ['is another user', sops('owner = "alice"; group = "openclaw";'), true],
    ["is the gateway's", sops('owner = "openclaw";'), false],
    ["lets the gateway's group read", sops('group = "openclaw"; mode = "0440";'), false],
    ['lets its group read', sops('group = "keys"; mode = "0440";'), true],
    [
      "lets a group read in which the gateway's user is",
      `${sops('group = "keys"; mode = "0440";')} { users.users.openclaw.extraGroups = [ "keys" ]; }`,
      false,
    ],
    ['is unknown', '', false],
    [
      'does not matter, since the gateway names another file',
      `${sops('')} { services.openclaw-gateway.environment.KAPSO_API_KEY_FILE = "/run/secrets/other"; }`,
      false,
    ],
    ['does not matter, since the agent has no CLI of ours', `${sops('')} ${set('enableCli = false;')}`, false],
  ])('as a warning: a key that the agent cannot read; its owner %s', async (_owner, modules, warned) => {
    const warnings = await nixValue<string[]>(
      `(nixosWithGateway [ ${polling} ${gateway} ${modules} ]).config.warnings`,
    );
    expect(warnings).toEqual(
      warned
        ? [expect.stringMatching(/openclaw, as whom the gateway runs, may not read \/run\/secrets\/kapso-api-key/)]
        : [],
    );
  });

  const inFile = `{
    services.kapso-whatsapp = { enable = true; environmentFile = "/run/secrets/kapso.env"; installSkill = true; };
  }`;
  test.each([
    ['nixosWithGateway', 'services.openclaw-gateway', gateway],
    ['homeWithOpenclaw', 'programs.openclaw', '{ programs.openclaw.enable = true; }'],
  ])('as a warning: a key and a number that reach the poller alone (%s)', async (kind, option, beside) => {
    const warnings = (module: string) =>
      nixValue<string[]>(`(${kind} [ ${inFile} ${beside} ${module} ]).config.warnings`);
    const number = expect.stringMatching(
      new RegExp(`no phone number id.*settings\\.kapso\\.phoneNumberId, or ${option}\\.environment`, 's'),
    );
    const key = expect.stringMatching(
      new RegExp(`no API key.*secrets\\.KAPSO_API_KEY, or ${option}\\.environment`, 's'),
    );
    expect(await warnings('')).toEqual([key, number]);
    expect(await warnings(`{ ${option}.environment.KAPSO_API_KEY_FILE = "/run/secrets/key"; }`)).toEqual([number]);
    expect(await warnings(`{ ${option}.environment.KAPSO_PHONE_NUMBER_ID = "647000000000001"; }`)).toEqual([key]);
    expect(await warnings(set('installSkill = lib.mkForce false;'))).toEqual([]);
  });

  test('no warning where the gateway has the environment file of the poller', async () => {
    for (const file of ['/run/secrets/kapso.env', '-/run/secrets/kapso.env']) {
      const shared = `{ services.openclaw-gateway.environmentFiles = [ "${file}" ]; }`;
      expect(await nixValue(`(nixosWithGateway [ ${inFile} ${gateway} ${shared} ]).config.warnings`)).toEqual([]);
    }
  });
});

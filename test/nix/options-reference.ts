/** An option, as Nix's own documentation of options gives it. */
export interface DocumentedOption {
  /** `services.kapso-whatsapp.settings.polling.interval`. */
  name: string;
  description: string | null;
  type: string | null;
  /** Nix source text; Markdown when the default is prose. */
  default: string | null;
  defaultIsProse: boolean;
  /** Nix source text. */
  example: string | null;
}

const prefix = 'services.kapso-whatsapp.';

/** nix/OPTIONS.md. */
export function optionsReference(options: readonly DocumentedOption[]): string {
  const own = options.filter(({ name }) => name.startsWith(prefix) && !name.includes('._'));
  const section = (start: string) => own.filter(({ name }) => name.startsWith(prefix + start));
  const sections = ['settings.', 'secrets.'];
  const rest = own.filter(({ name }) => !sections.some(start => name.startsWith(prefix + start)));
  const aboutSettings =
    'What the programs read: `kapso-whatsapp-cli config schema` prints the schema that these are made of. ' +
    'Other keys are refused.';
  return `# Options of the modules

Generated from nix/options.nix by \`npm run test:nix -- --write\`; do not edit.

The options of \`services.kapso-whatsapp\` are the same in the home-manager module and in the NixOS module. What only one
of the two can do is refused by the other with a sentence that says so.

${table('The service', rest)}
${table('Settings', section('settings.'), aboutSettings)}
${table('Secrets', section('secrets.'))}`;
}

function table(title: string, options: readonly DocumentedOption[], text?: string): string {
  const rows = [...options]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, default: value, defaultIsProse, example, description }) =>
      [
        code(name.slice(prefix.length)),
        cell(type ?? ''),
        defaultIsProse ? cell(value ?? '') : code(value ?? 'none'),
        code(example ?? ''),
        cell(description ?? ''),
      ].join(' | '),
    );
  const head = '| Option | Type | Default | Example | Meaning |\n| --- | --- | --- | --- | --- |';
  return `## ${title}\n${text ? `\n${text}\n` : ''}\n${head}\n${rows.map(row => `| ${row} |\n`).join('')}`;
}

/** `{manpage}` is a role of Nix's own Markdown. */
function cell(text: string): string {
  return oneLine(text).replaceAll('{manpage}', '').replaceAll('|', '\\|');
}

function code(text: string): string {
  return text === '' ? '' : `\`${oneLine(text).replaceAll('|', '\\|')}\``;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

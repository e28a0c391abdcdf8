import { type TemplateButton, type TemplateForm, templateForm } from '../domain/outgoing/template-form.ts';
import type { Template } from '../domain/template.ts';
import { escapeControls } from '../printable.ts';

/** A template as it is printed. */
export interface TemplateView {
  name: string;
  language: string;
  status: string | null;
  category: string | null;
  /** The kind of the header, and its text; null without one. */
  header: { kind: string; text?: string } | null;
  body: string;
  footer: string | null;
  buttons: { kind: string; text: string | null; url: string | null }[];
  /** Parts that no option of `send` fills. */
  otherParts: readonly string[];
  /** The options of `send` that fill it. */
  options: string[];
}

export function templateView(template: Template): TemplateView {
  const form = templateForm(template);
  const { header, body, footer, buttons, otherParts } = form;
  return {
    name: template.name,
    language: template.language,
    status: template.status,
    category: template.category,
    header: header && { kind: header.kind, ...(header.kind === 'text' && { text: header.text }) },
    body: body.text,
    footer,
    buttons: buttons.map(({ kind, text, url }) => ({ kind, text, url })),
    otherParts,
    options: optionsOf(template, form),
  };
}

function optionsOf({ name, language, category }: Template, { header, body, buttons }: TemplateForm): string[] {
  const isNumbered = (key: string) => /^\d+$/.test(key);
  const headed = header === null ? [] : header.kind === 'text' ? header.parameters.map(key => `header:${key}=…`) : [];
  const texts = body.parameters.map(key => (isNumbered(key) ? '…' : `${key}=…`));
  const needed = ({ needsValue }: TemplateButton) => needsValue && category !== 'AUTHENTICATION';
  const tapped = buttons.flatMap((button, at) => (needed(button) ? [`button:${at + 1}=…`] : []));
  const medium = header === null || header.kind === 'text' ? [] : [`--${header.kind} …`];
  return [
    ...[`--template ${name}`, `--lang ${language}`, ...medium],
    ...[...headed, ...texts, ...tapped].map(value => `--param ${value}`),
  ];
}

/** A template for people: what it says, and how it is sent. */
export function templateWords(template: Template): string {
  const { header, body, footer, buttons, otherParts, options } = templateView(template);
  const words = [
    ...(header === null ? [] : [header.text ?? `[${header.kind}]`]),
    body,
    ...(footer === null ? [] : [footer]),
    ...buttons.map(({ kind, text, url }) => `[${text ?? kind}]${url === null ? '' : ` ${url}`}`),
    ...otherParts.map(part => `[${part}: give Meta's whole request with --file]`),
  ];
  const state = [template.status, template.category].filter(Boolean).join(', ').toLowerCase();
  const lines = words.flatMap(text => text.split('\n')).map(line => `  ${escapeControls(line)}`);
  const head = `${template.name} ${template.language}${state && ` (${state})`}`;
  return `${head}\n${lines.join('\n')}\n\n  send --to … ${options.join(' ')}\n`;
}

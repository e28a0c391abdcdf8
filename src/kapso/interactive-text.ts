import { jsonSafe } from './canonical.ts';
import { asId, asLabel, asRecord, asText, type WireObject } from './wire.ts';

/** A choice or form that the sender made; null when it carries nothing that can be read. */
export function interactiveText(type: 'interactive' | 'button', message: WireObject, kapso: WireObject): string | null {
  if (type === 'button') {
    const button = asRecord(message.button);
    return choice('button pressed', button?.text, null, button?.payload, 'payload');
  }
  const interactive = asRecord(message.interactive);
  if (!interactive) return null;
  const button = asRecord(interactive.button_reply);
  if (button) return choice('button pressed', button.title, null, button.id, 'id');
  const row = asRecord(interactive.list_reply);
  if (row) return choice('list choice', row.title, row.description, row.id, 'id');
  const form = asRecord(interactive.nfm_reply);
  if (form) return formText(form, kapso);
  const { type: kind, ...rest } = interactive;
  return `[interactive reply${kind === undefined ? '' : ` of type "${asLabel(kind, 64) ?? ''}"`}]\n${JSON.stringify(jsonSafe(rest))}`;
}

function choice(what: string, title: unknown, description: unknown, id: unknown, idName: string): string | null {
  const label = asLabel(title, 1024);
  const more = asLabel(description, 1024);
  const key = asLabel(asId(id), 1024);
  if (!label && !key) return null;
  const facts = [label && `"${label}"`, more && `(${more})`].filter(Boolean).join(' ');
  return `[${what}: ${[facts, key && `${idName} "${key}"`].filter(Boolean).join(', ')}]`;
}

/** The answers of a WhatsApp Flow: a JSON string from Meta, which Kapso also gives parsed. */
function formText(form: WireObject, kapso: WireObject): string {
  const name = asLabel(form.name, 128) ?? asLabel(kapso.flow_name, 128);
  const line = `[form answered${name ? `: ${name}` : ''}]`;
  const answers = asText(form.response_json);
  const parsed = asRecord(form.response_json) ?? asRecord(kapso.flow_response);
  const body = answers ?? (parsed ? JSON.stringify(jsonSafe(parsed)) : asText(form.body));
  return body ? `${line}\n${body}` : line;
}

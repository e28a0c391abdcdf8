import { asId, asLabel, asRecord, asText, type WireObject } from '../../narrow.ts';
import { flowAnswers } from './flow-answers.ts';
import { kapsoContent, shownObject } from './rendering.ts';

/** Returns the sender's choice or form as text; null when nothing of it can be read. */
export function interactiveText(type: 'interactive' | 'button', message: WireObject, kapso: WireObject): string | null {
  if (type === 'button') {
    const button = asRecord(message.button);
    return choice('button pressed', button?.text, null, button?.payload, 'payload');
  }
  const interactive = asRecord(message.interactive);
  // Forms without Meta's object have a form's answers only in Kapso's fields.
  if (!interactive) {
    const raw = kapsoContent(kapso);
    if (raw?.includes('flow_token')) return formText({ response_json: raw }, kapso);
    return asRecord(kapso.flow_response) ? formText({}, kapso) : null;
  }
  const button = asRecord(interactive.button_reply);
  if (button) return choice('button pressed', button.title, null, button.id, 'id');
  const row = asRecord(interactive.list_reply);
  if (row) return choice('list choice', row.title, row.description, row.id, 'id');
  const form = asRecord(interactive.nfm_reply);
  if (form) return formText(form, kapso);
  const { type: kind, ...rest } = interactive;
  const line = `[interactive reply${kind === undefined ? '' : ` of type "${asLabel(kind, 64) ?? ''}"`}]`;
  return [line, shownObject(rest)].filter(Boolean).join('\n');
}

function choice(what: string, title: unknown, description: unknown, id: unknown, idName: string): string | null {
  const label = asLabel(title, 1024);
  const more = asLabel(description, 1024);
  const key = asLabel(asId(id), 1024);
  if (!label && !key) return null;
  const facts = [label && `"${label}"`, more && `(${more})`].filter(Boolean).join(' ');
  return `[${what}: ${[facts, key && `${idName} "${key}"`].filter(Boolean).join(', ')}]`;
}

/** Returns the answers of a WhatsApp Flow. Meta sends a JSON string; Kapso also sends it parsed. */
function formText(form: WireObject, kapso: WireObject): string {
  const name = asLabel(form.name, 128) ?? asLabel(kapso.flow_name, 128);
  const line = `[form answered${name ? `: ${name}` : ''}]`;
  const answers = flowAnswers(form.response_json, kapso.flow_response) ?? asText(form.body);
  return answers ? `${line}\n${answers}` : line;
}

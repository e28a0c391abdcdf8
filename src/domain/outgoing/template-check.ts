/** Whether the values that are given are those that a template takes. Meta refuses others (132000, 132012, 132015). */
import { counted } from '../../counted.ts';
import { UsageError } from '../../errors.ts';
import type { Template } from '../template.ts';
import { filledText, type TemplateForm, type TemplateHeader, type TemplateText } from './template-form.ts';
import { type HeaderValue, isNumber, type PlacedValues, parameterCalled, type Values } from './template-values.ts';

/** Characters of the filled text (Meta, "Message templates"; 132005). */
const longest = { header: 60, body: 1024 } as const;

/** @throws UsageError that names what does not fit */
export function checkAgainst(
  { template, form }: { template: Template; form: TemplateForm },
  values: PlacedValues,
  header: HeaderValue | null,
): void {
  const called = `the template ${template.name} (${template.language})`;
  if (template.status !== null && template.status !== 'APPROVED') {
    throw new UsageError(`${called} cannot be sent: Meta's word for its state is ${template.status}`, {
      hint: 'Only an approved one can be sent: see its state in WhatsApp Manager',
    });
  }
  if (form.otherParts.length > 0) {
    throw new UsageError(`${called} has a ${form.otherParts.join(' and a ')}, which no option fills`, {
      hint: "Give Meta's whole request with --file",
    });
  }
  checkHeader(called, form.header, values.header, header);
  checkText(called, 'body', form.body, values.body);
  checkButtons(called, form, values);
}

function checkHeader(called: string, wanted: TemplateHeader | null, values: Values, given: HeaderValue | null): void {
  const kind = wanted?.kind ?? 'none';
  if (wanted === null || wanted.kind === 'text') {
    if (given !== null) {
      const has = wanted === null ? 'has no header' : 'has a header of text';
      throw new UsageError(`${called} ${has}, and takes no ${given.kind}`, { hint: `Leave --${given.kind} out` });
    }
    checkText(called, 'header', wanted ?? { text: '', parameters: [] }, values);
    return;
  }
  if (values.size > 0) {
    throw new UsageError(`the header of ${called} is of the kind ${kind}, and takes no text`, {
      hint: `Give it with --${kind}`,
    });
  }
  if (given?.kind === kind) return;
  const instead = given === null ? 'none is given' : `--${given.kind} is given`;
  throw new UsageError(`the header of ${called} is of the kind ${kind}, and ${instead}`, {
    hint: `Give it with --${kind}`,
  });
}

function checkText(called: string, place: 'header' | 'body', wanted: TemplateText, values: Values): void {
  const missing = wanted.parameters.find(key => !values.has(key));
  const other = [...values.keys()].find(key => !wanted.parameters.includes(key));
  if (missing !== undefined || other !== undefined) {
    const what =
      other === undefined
        ? `${parameterCalled(place, missing ?? '')} is missing`
        : `${parameterCalled(place, other)} is none of ${called}`;
    throw new UsageError(what, { hint: takes(called, place, wanted) });
  }
  const { length } = [...filledText(wanted, values)];
  if (length > longest[place]) {
    throw new UsageError(`the ${place} of ${called} has ${length} characters with these values`, {
      hint: `Meta takes ${longest[place]}: shorten a value`,
    });
  }
}

function takes(called: string, place: 'header' | 'body', wanted: TemplateText): string {
  const where = place === 'header' ? 'in its header' : 'in its text';
  if (wanted.parameters.length === 0) return `${called} takes none ${where}: leave it out`;
  const before = place === 'header' ? 'header:' : '';
  const options = wanted.parameters.map(key => `--param ${before}${before === '' && isNumber(key) ? '' : `${key}=`}…`);
  return `${called} takes ${where}: ${options.join(' ')}`;
}

function checkButtons(called: string, { buttons }: TemplateForm, values: PlacedValues): void {
  for (const [number, { buttonKind }] of values.buttons) {
    const button = buttons[number - 1];
    if (button === undefined) {
      const has = buttons.length === 0 ? 'no buttons' : counted(buttons.length, 'button');
      throw new UsageError(`${called} has ${has}, and button ${number} is given`, { hint: 'Leave that value out' });
    }
    const takesValue = button.needsValue || button.kind === 'quick_reply' || button.kind === 'flow';
    const isOther =
      buttonKind !== null && button.kind !== buttonKind && !(button.kind === 'otp' && buttonKind === 'url');
    if (!takesValue || isOther) {
      throw new UsageError(`button ${number} of ${called} is of the kind ${button.kind}, and takes no such value`, {
        hint: takesValue ? `Write --param button:${number}=…` : 'Leave that value out',
      });
    }
  }
  const at = buttons.findIndex((button, index) => button.needsValue && !values.buttons.has(index + 1));
  if (at === -1) return;
  const { kind, text, url } = buttons[at] ?? {};
  throw new UsageError(`button ${at + 1} of ${called} ("${text ?? kind}") wants a value`, {
    hint: `Give it with --param button:${at + 1}=…${url === null ? '' : `, which completes ${url}`}`,
  });
}

/** Fills the parameters of a message template (WhatsApp Cloud API, "Message templates"). */
import type { TemplateContent } from '../content.ts';
import type { Template } from '../template.ts';
import { checkAgainst } from './template-check.ts';
import { type TemplateForm, templateForm } from './template-form.ts';
import {
  type ButtonKind,
  buttonKinds,
  type HeaderValue,
  isNumber,
  type PlacedValues,
  placeValues,
  type TemplateOrder,
  type TemplateValue,
  type Values,
} from './template-values.ts';

/**
 * Returns the message of a template with its parameters. White space in them is folded. Without the template itself, only
 * the values are checked; with it, also whether they are those that it takes.
 *
 * @throws UsageError that names the parameter that is empty, missing, given twice, or not the template's
 */
export function fillTemplate(order: TemplateOrder, template: Template | null): TemplateContent {
  const { name, language, header } = order;
  const form = template === null ? null : templateForm(template);
  const given = placeValues(order);
  const values = form !== null && template?.category === 'AUTHENTICATION' ? withCode(given, form) : given;
  if (template !== null && form !== null) checkAgainst({ template, form }, values, header);
  const components = [
    ...headerComponent(header, values.header),
    ...textComponent('body', values.body),
    ...[...values.buttons].map(([number, value]) => buttonComponent(number, value, form)),
  ];
  return { kind: 'filled-template', name, language, components };
}

/** Meta wants the code of an authentication template twice, in the text and in the button that copies it. */
function withCode(values: PlacedValues, { buttons }: TemplateForm): PlacedValues {
  const code = values.body.get('1');
  const at = buttons.findIndex(button => button.needsValue) + 1;
  if (code === undefined || at === 0 || values.buttons.has(at)) return values;
  const button: TemplateValue = { place: at, parameter: null, buttonKind: 'url', value: code };
  return { ...values, buttons: new Map([...values.buttons, [at, button]]) };
}

function headerComponent(header: HeaderValue | null, values: Values): object[] {
  if (header === null) return textComponent('header', values);
  const parameter =
    header.kind === 'location'
      ? { type: 'location', location: header.location }
      : { type: header.kind, [header.kind]: header.media };
  return [{ type: 'header', parameters: [parameter] }];
}

function textComponent(type: 'header' | 'body', values: Values): object[] {
  if (values.size === 0) return [];
  const parameters = [...values].map(([key, text]) => ({
    type: 'text',
    ...(isNumber(key) ? {} : { parameter_name: key }),
    text,
  }));
  return [{ type, parameters }];
}

function buttonComponent(number: number, { buttonKind, value }: TemplateValue, form: TemplateForm | null): object {
  const kind = buttonKind ?? kindOfButton(form?.buttons[number - 1]?.kind);
  const parameter = {
    url: { type: 'text', text: value },
    quick_reply: { type: 'payload', payload: value },
    copy_code: { type: 'coupon_code', coupon_code: value },
    flow: { type: 'action', action: { flow_token: value } },
  }[kind];
  return { type: 'button', sub_type: kind, index: String(number - 1), parameters: [parameter] };
}

/** A button that copies a one-time code (`otp`) is sent as one with an address. */
function kindOfButton(word: string | undefined): ButtonKind {
  return buttonKinds.find(kind => kind === word) ?? 'url';
}

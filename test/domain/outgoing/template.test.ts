import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fillTemplate } from '../../../src/domain/outgoing/template.ts';
import { type HeaderValue, readTemplateValue } from '../../../src/domain/outgoing/template-values.ts';
import { asTemplate } from '../../../src/domain/outgoing-body.ts';
import type { Template } from '../../../src/domain/template.ts';
import { UsageError } from '../../../src/errors.ts';

interface Given {
  params?: readonly string[];
  header?: HeaderValue;
  template?: Template | null;
}

const fill = ({ params = [], header, template = null }: Given) =>
  fillTemplate(
    { name: 'order_ready', language: 'en_US', values: params.map(readTemplateValue), header: header ?? null },
    template,
  );

function refusalOf(given: Given): string {
  try {
    fill(given);
  } catch (error) {
    if (error instanceof UsageError) return `${error.message}. ${error.hint}`;
    throw error;
  }
  return 'no refusal';
}

const listed = (components: Template['components'], fields: Partial<Template> = {}): Template => ({
  name: 'order_ready',
  language: 'en_US',
  status: 'APPROVED',
  category: 'UTILITY',
  parameters: 'positional',
  components,
  ...fields,
});
const body = (text: string) => ({ type: 'BODY', text });
const buttons = (...all: readonly object[]) => ({ type: 'BUTTONS', buttons: all });
const track = { type: 'URL', text: 'Track', url: 'https://example.org/t/{{1}}' };

describe('the values of a template (field report B39)', () => {
  const cases: { in: string; out: string | null }[] = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../fixtures/field-reports/B39-template-params.json'), 'utf8'),
  );

  test.each(cases)('$in', ({ in: value, out }) => {
    for (const param of [value, `1=${value}`, `order=${value}`]) {
      if (out === null) {
        const name = param.startsWith('order') ? 'the parameter "order"' : 'parameter 1';
        expect(refusalOf({ params: [param] })).toContain(`${name} is empty.`);
      } else expect(JSON.stringify(fill({ params: [param] }).components)).toContain(`"text":${JSON.stringify(out)}`);
    }
    if (out !== null) expect(asTemplate(value, { name: 'x', language: 'en' })).toMatchObject({ text: out });
  });

  test.each([
    ['invisible characters', '\u200b\u2060'],
    ['only control characters', '\u0000\u0007'],
  ])('with %s count as empty', (_, value) => {
    expect(refusalOf({ params: ['Ada', value] })).toContain('parameter 2 is empty');
    expect(refusalOf({ params: [`header:1=${value}`] })).toContain('parameter 1 of the header is empty');
    expect(refusalOf({ params: [`button:2=${value}`] })).toContain('the value of button 2 is empty');
  });
});

describe('a filled template', () => {
  test('has its numbered parameters in their order, a text with an equals sign too', () => {
    const numbered = [
      {
        type: 'body',
        parameters: [
          { type: 'text', text: 'Ada' },
          { type: 'text', text: 'a=b' },
          { type: 'text', text: 'https://example.org/?a=1' },
        ],
      },
    ];
    expect(fill({ params: ['Ada', '2=a=b', 'https://example.org/?a=1'] })).toEqual({
      kind: 'filled-template',
      name: 'order_ready',
      language: 'en_US',
      components: numbered,
    });
    expect(fill({ params: ['3=https://example.org/?a=1', '2=a=b', '1=Ada'] }).components).toEqual(numbered);
  });

  test('has the names of its parameters, and those of header and buttons', () => {
    const params = ['header:shop=Corner', 'button:2=17', 'customer_name=Ada', 'button:1:quick_reply=yes', 'order=17'];
    expect(fill({ params }).components).toEqual([
      { type: 'header', parameters: [{ type: 'text', parameter_name: 'shop', text: 'Corner' }] },
      {
        type: 'body',
        parameters: [
          { type: 'text', parameter_name: 'customer_name', text: 'Ada' },
          { type: 'text', parameter_name: 'order', text: '17' },
        ],
      },
      { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'yes' }] },
      { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: '17' }] },
    ]);
  });

  test('has no components without parameters', () => {
    expect(fill({}).components).toEqual([]);
    expect(fill({ template: listed([body('We are open again.')]) }).components).toEqual([]);
  });

  test.each<[HeaderValue, object]>([
    [
      { kind: 'image', media: { id: '9' } },
      { type: 'image', image: { id: '9' } },
    ],
    [
      { kind: 'video', media: { link: 'https://example.org/v.mp4' } },
      { type: 'video', video: { link: 'https://example.org/v.mp4' } },
    ],
    [
      { kind: 'document', media: { id: '9', filename: 'bill.pdf' } },
      { type: 'document', document: { id: '9', filename: 'bill.pdf' } },
    ],
    [
      { kind: 'location', location: { latitude: 1, longitude: 2, name: 'Shop' } },
      { type: 'location', location: { latitude: 1, longitude: 2, name: 'Shop' } },
    ],
  ])('has the header %j', (header, parameter) => {
    expect(fill({ header }).components).toEqual([{ type: 'header', parameters: [parameter] }]);
    const template = listed([{ type: 'HEADER', format: header.kind.toUpperCase() }, body('Here it is.')]);
    expect(fill({ header, template }).components).toEqual([{ type: 'header', parameters: [parameter] }]);
  });

  test('has the kind of value that its own buttons take, and a one-time code in the button that copies it', () => {
    const template = listed([
      body('Your voucher'),
      buttons({ type: 'COPY_CODE', text: 'Copy', example: 'X' }, { type: 'FLOW', text: 'Form' }, track),
    ]);
    expect(fill({ template, params: ['button:1=SAVE5', 'button:2=token', 'button:3=17'] }).components).toEqual([
      {
        type: 'button',
        sub_type: 'copy_code',
        index: '0',
        parameters: [{ type: 'coupon_code', coupon_code: 'SAVE5' }],
      },
      {
        type: 'button',
        sub_type: 'flow',
        index: '1',
        parameters: [{ type: 'action', action: { flow_token: 'token' } }],
      },
      { type: 'button', sub_type: 'url', index: '2', parameters: [{ type: 'text', text: '17' }] },
    ]);

    const code = { type: 'text', text: '4711' };
    const otp = { type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' };
    const login = listed([body('*{{1}}* is your code.'), buttons(otp)], { category: 'AUTHENTICATION' });
    expect(fill({ template: login, params: ['4711'] }).components).toEqual([
      { type: 'body', parameters: [code] },
      { type: 'button', sub_type: 'url', index: '0', parameters: [code] },
    ]);
  });
});

describe('values that no template takes are refused with their name', () => {
  test.each<[string, readonly string[]]>([
    ['the parameter "order" is given twice. Give each parameter of order_ready once', ['order=1', 'order=2']],
    ['parameter 1 is given twice', ['Ada', '1=Bo']],
    ['the value of button 1 is given twice', ['button:1=a', 'button:1=b']],
    ['parameter 2 is missing. Numbered parameters are given without a gap', ['Ada', '3=Cy']],
    ['the parameter "order" has a name, and others have none', ['Ada', 'order=1']],
    ['--param "header:Ada" names no parameter of a header or a button. Write header:NAME=VALUE', ['header:Ada']],
    ['--param "button:0=x" names no parameter', ['button:0=x']],
    ['--param "button:1:phone=x" names no parameter', ['button:1:phone=x']],
  ])('%s', (sentence, params) => {
    expect(() => params.map(readTemplateValue).length && fill({ params })).toThrow(UsageError);
    expect(refusalOf({ params })).toContain(sentence);
  });
});

describe('what does not fit a template that could be read is refused before it is sent', () => {
  const text = body('Hello {{customer_name}}, {{order}} is ready, {{customer_name}}.');
  const numbered = body('Hello {{1}}, {{2}} is ready.');
  const image = { type: 'HEADER', format: 'IMAGE' };
  const headed = { type: 'HEADER', format: 'TEXT', text: 'News of {{1}}' };
  const named = ['customer_name=Ada', 'order=17'];

  test.each<[string, Template['components'], readonly string[], HeaderValue?]>([
    ['the parameter "order" is missing', [text], ['customer_name=Ada']],
    ['takes in its text: --param customer_name=… --param order=…', [text], ['customer_name=Ada']],
    ['the parameter "name" is none of the template order_ready (en_US)', [text], [...named, 'name=Ada']],
    ['parameter 1 is none of the template order_ready (en_US)', [text], ['Ada', '17']],
    [
      'parameter 2 is missing. the template order_ready (en_US) takes in its text: --param … --param …',
      [numbered],
      ['A'],
    ],
    ['parameter 3 is none of the template', [numbered], ['a', 'b', 'c']],
    ['takes none in its text: leave it out', [body('Hello')], ['a']],
    ['parameter 1 of the header is missing', [headed, body('x')], []],
    ['takes in its header: --param header:1=…', [headed, body('x')], []],
    ['is of the kind image, and none is given. Give it with --image', [image, text], named],
    ['is of the kind image, and --video is given', [image, text], named, { kind: 'video', media: { id: '1' } }],
    ['is of the kind image, and takes no text', [image, text], [...named, 'header:1=x']],
    ['has no header, and takes no image. Leave --image out', [text], named, { kind: 'image', media: { id: '1' } }],
    ['has a header of text, and takes no image', [headed, body('x')], [], { kind: 'image', media: { id: '1' } }],
    ['button 1 of the template order_ready (en_US) ("Track") wants a value', [body('x'), buttons(track)], []],
    ['--param button:1=…, which completes https://example.org/t/{{1}}', [body('x'), buttons(track)], []],
    ['has 1 button, and button 2 is given', [body('x'), buttons(track)], ['button:1=a', 'button:2=b']],
    ['has no buttons, and button 1 is given', [body('x')], ['button:1=a']],
    [
      'button 1 of the template order_ready (en_US) is of the kind phone_number, and takes no such value',
      [body('x'), buttons({ type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550104477' })],
      ['button:1=a'],
    ],
    ['is of the kind url, and takes no such value. Write --param', [body('x'), buttons(track)], ['button:1:flow=a']],
    ['has a carousel, which no option fills', [body('x'), { type: 'CAROUSEL', cards: [] }], []],
    [
      'the body of the template order_ready (en_US) has 1025 characters with these values',
      [body('{{1}}')],
      ['x'.repeat(1025)],
    ],
    ['Meta takes 60: shorten a value', [headed, body('x')], [`header:1=${'x'.repeat(53)}`]],
  ])('%s', (sentence, components, params, header) => {
    const given: Given = { params, template: listed(components) };
    expect(refusalOf(header === undefined ? given : { ...given, header })).toContain(sentence);
  });

  test('the longest text is taken, by characters as people count them', () => {
    const template = listed([body('{{1}}')]);
    expect(fill({ template, params: ['👍'.repeat(1024)] }).components).toHaveLength(1);
  });

  test.each(['PENDING', 'REJECTED', 'PAUSED'])('a template in the state %s', status => {
    expect(refusalOf({ template: listed([body('x')], { status }) })).toContain(
      `the template order_ready (en_US) cannot be sent: Meta's word for its state is ${status}`,
    );
  });

  test('a template whose state Meta does not tell is sent', () => {
    expect(fill({ template: listed([body('x')], { status: null }) }).components).toEqual([]);
  });
});

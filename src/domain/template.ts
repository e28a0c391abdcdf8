/** A message template of the business, as Meta has it ("Message templates"). */
export interface Template {
  name: string;
  /** `en_US`. A name has one template in each of its languages. */
  language: string;
  /** `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`…; null when unknown. Only an approved one can be sent. */
  status: string | null;
  /** `MARKETING`, `UTILITY` or `AUTHENTICATION`; null when unknown. */
  category: string | null;
  /** Whether its parameters have names (`{{customer_name}}`) or numbers (`{{1}}`). */
  parameters: 'named' | 'positional';
  /** Meta's objects: `{type: 'BODY', text: 'Hello {{1}}', example: {…}}`. */
  components: readonly Readonly<Record<string, unknown>>[];
}

// Generated from schema/kapso-whatsapp.schema.json by `npm run generate`; do not edit.

/** One wrong place. `instancePath` is a JSON pointer. */
export interface SchemaError {
  instancePath: string;
  keyword: string;
  params: { additionalProperty?: string; missingProperty?: string };
}

export declare const validate: {
  (data: unknown): boolean;
  errors: SchemaError[] | null;
};
export default validate;

import * as z from 'zod';
import { ConfigSchema } from './schema.ts';
import { ONE_OR_NAMED } from './test-schema.ts';

/** The part of JSON Schema that the configuration uses. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  [keyword: string]: unknown;
}

const toJsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const suite = ONE_OR_NAMED.get(zodSchema);
      if (!suite) return;
      const { $schema: _, ...one } = toJsonSchema(suite);
      Object.assign(jsonSchema, { anyOf: [one, { type: 'object', additionalProperties: one }] });
    },
  }) as JsonSchema;

/** What a person may write in gonsautopilot.yaml, for editors and for the suggestions in errors. */
export function configJsonSchema(): JsonSchema {
  return { title: 'gonsautopilot.yaml', ...toJsonSchema(ConfigSchema) };
}

/** Every form that the schema allows at `path`; empty when there is none. */
export function formsAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  let forms = [root];
  for (const part of path) {
    const key = String(part);
    forms = forms.flatMap(alternatives).flatMap((form) => {
      if (form.properties && Object.hasOwn(form.properties, key)) return [form.properties[key] as JsonSchema];
      if (typeof part === 'number' && form.items) return [form.items];
      return typeof form.additionalProperties === 'object' ? [form.additionalProperties] : [];
    });
  }
  return forms.flatMap(alternatives);
}

function alternatives(form: JsonSchema): JsonSchema[] {
  return form.anyOf ? form.anyOf.flatMap(alternatives) : [form];
}

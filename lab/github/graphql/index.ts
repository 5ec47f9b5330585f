/**
 * The one thing of GitHub's GraphQL API that the action asks for: blobs of a repository, several in one query, by object name
 * or by revision expression. With its limits: a text ends after 512,000 bytes, and errors come with status 200.
 *
 *     query ($owner: String!, $name: String!, $a: GitObjectID!) {
 *       repository(owner: $owner, name: $name) { a: object(oid: $a) { ... on Blob { text isBinary isTruncated byteSize } } }
 *     }
 *
 * Not done: every other field and type, mutations, fragments with names, directives, introspection, points by the cost of a
 * query (each costs one), and the recoding of texts that are no UTF-8.
 */
import type { Answer } from '../http.ts';
import { ApiError } from '../http.ts';
import type { LabRepository } from '../repository.ts';
import { allows, type Token } from '../tokens.ts';
import { isSha } from '../views.ts';
import { type Field, parseQuery, type Query, type Selection } from './document.ts';

const TEXT_LIMIT = 512_000;
/** As git guesses it. */
const BINARY_WITHIN = 8000;

interface Refusal {
  type?: string;
  message: string;
  path?: (string | number)[];
  extensions?: { code: string };
}

/** Types of the arguments that are served. */
const ARGUMENTS: Record<string, Record<string, string>> = {
  repository: { owner: 'String!', name: 'String!' },
  object: { oid: 'GitObjectID', expression: 'String' },
};

export interface GraphQlWorld {
  token: Token | undefined;
  /** By `owner/name`, if the token may know of it. */
  find(name: string): LabRepository | undefined;
}

export async function graphqlAnswer(
  { token, find }: GraphQlWorld,
  body: Record<string, unknown>,
): Promise<Answer> {
  if (!token) throw new ApiError(401, 'This endpoint requires you to be authenticated.');
  const values = (body['variables'] ?? {}) as Record<string, unknown>;
  let query: Query;
  try {
    query = parseQuery(String(body['query'] ?? ''));
    check(query, values);
  } catch (error) {
    return { data: { errors: [{ message: (error as Error).message }] } };
  }
  const errors: Refusal[] = [];
  const data: Record<string, unknown> = {};
  for (const field of fieldsOf(query.selections)) {
    if (field.name !== 'repository') throw new ApiError(501, `lab: GraphQL has no ${field.name} here`);
    const name = `${textOf(field, 'owner', values)}/${textOf(field, 'name', values)}`;
    const repository = find(name);
    const path = [field.alias];
    if (!repository) {
      const message = `Could not resolve to a Repository with the name '${name}'.`;
      errors.push({ type: 'NOT_FOUND', path, message });
      data[field.alias] = null;
      continue;
    }
    if (!repository.options.public && !allows(token, 'contents', 'read')) {
      errors.push({ type: 'FORBIDDEN', path, message: 'Resource not accessible by integration' });
      data[field.alias] = null;
      continue;
    }
    data[field.alias] = await objectsOf(repository, field, values);
  }
  return { data: { data, ...(errors.length > 0 && { errors }) } };
}

/** Every variable is declared with the type that its place wants, given, and used. */
function check(query: Query, values: Record<string, unknown>): void {
  const used = new Set<string>();
  const visit = (field: Field) => {
    for (const [name, value] of Object.entries(field.arguments)) {
      const wanted = ARGUMENTS[field.name]?.[name];
      if (wanted === undefined) throw new Error(`Field '${field.name}' doesn't accept argument '${name}'`);
      if (!('variable' in value)) continue;
      used.add(value.variable);
      const declared = query.variables[value.variable];
      if (declared !== wanted && declared !== `${wanted}!`) {
        throw new Error(`Type mismatch on variable $${value.variable} and argument ${name}`);
      }
    }
    fieldsOf(field.selections).forEach(visit);
  };
  fieldsOf(query.selections).forEach(visit);
  for (const [name, type] of Object.entries(query.variables)) {
    if (!used.has(name)) throw new Error(`Variable $${name} is declared by anonymous query but not used`);
    const value = values[name];
    const wrong = typeof value !== 'string' || (type.startsWith('GitObjectID') && !isSha(value));
    if (wrong) throw new Error(`Variable $${name} of type ${type} was provided invalid value`);
  }
}

function fieldsOf(selections: readonly Selection[]): Field[] {
  return selections.flatMap((one) => (one.kind === 'field' ? [one] : fieldsOf(one.selections)));
}

function textOf(field: Field, name: string, values: Record<string, unknown>): string | undefined {
  const value = field.arguments[name];
  if (value === undefined) return undefined;
  return 'text' in value ? value.text : String(values[value.variable]);
}

async function objectsOf(
  repository: LabRepository,
  field: Field,
  values: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const objects: Record<string, unknown> = {};
  for (const asked of fieldsOf(field.selections)) {
    const wanted = textOf(asked, 'oid', values) ?? textOf(asked, 'expression', values);
    if (asked.name !== 'object' || wanted === undefined)
      throw new ApiError(501, `lab: GraphQL has no ${asked.name} here`);
    const object = await repository.objects.read(wanted);
    if (!object) {
      objects[asked.alias] = null;
      continue;
    }
    const inside = asked.selections.flatMap((one) =>
      one.kind === 'fragment' && (one.on !== 'Blob' || object.type !== 'blob') ? [] : fieldsOf([one]),
    );
    const known = object.type === 'blob' ? blobView(object.content) : {};
    objects[asked.alias] = Object.fromEntries(
      inside.map(({ alias, name }) => {
        const value = { ...known, oid: object.sha }[name];
        if (value === undefined) throw new ApiError(501, `lab: GraphQL has no ${name} here`);
        return [alias, value];
      }),
    );
  }
  return objects;
}

/** What a text that was cut is, GitHub does not look at. */
function blobView(content: Buffer): Record<string, unknown> {
  const isTruncated = content.length > TEXT_LIMIT;
  const binary = content.subarray(0, BINARY_WITHIN).includes(0);
  return {
    byteSize: content.length,
    isTruncated,
    isBinary: isTruncated ? null : binary,
    text: binary ? null : content.subarray(0, TEXT_LIMIT).toString('utf8'),
  };
}

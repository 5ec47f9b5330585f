/** Reads a GraphQL query: names, aliases, variables, inline fragments. No mutations, directives, named fragments or lists. */

export interface Field {
  kind: 'field';
  alias: string;
  name: string;
  /** Name of the argument -> name of the variable, or a text that stands in the query itself. */
  arguments: Record<string, { variable: string } | { text: string }>;
  selections: Selection[];
}
export interface Fragment {
  kind: 'fragment';
  on: string;
  selections: Selection[];
}
export type Selection = Field | Fragment;

export interface Query {
  /** Name -> type, e.g. `String!`. */
  variables: Record<string, string>;
  selections: Selection[];
}

const TOKENS = /[A-Za-z_]\w*|\.\.\.|"(?:[^"\\\n]|\\.)*"|[{}()$:!]|[^\s,]/g;

/** Throws an Error in the words of a parser for what is no such query. */
export function parseQuery(text: string): Query {
  const tokens = text.match(TOKENS) ?? [];
  let at = 0;
  const peek = () => tokens[at];
  const fail = (): never => {
    throw new Error(`Parse error on ${JSON.stringify(peek() ?? 'end of file')}`);
  };
  const take = (wanted?: string): string => {
    const token = tokens[at];
    if (token === undefined || (wanted !== undefined && token !== wanted)) return fail();
    at += 1;
    return token;
  };
  const name = (): string => (/^[A-Za-z_]/.test(peek() ?? '') ? take() : fail());
  const between = <T>(open: string, close: string, item: () => T): T[] => {
    if (peek() !== open) return [];
    take();
    const items: T[] = [];
    while (peek() !== close) items.push(item());
    take(close);
    return items;
  };
  const argument = () => {
    const key = name();
    take(':');
    if (peek() !== '$') {
      const literal = take();
      return [key, literal.startsWith('"') ? { text: JSON.parse(literal) as string } : fail()] as const;
    }
    take('$');
    return [key, { variable: name() }] as const;
  };
  const selection = (): Selection => {
    if (peek() === '...') {
      take();
      take('on');
      return { kind: 'fragment', on: name(), selections: between('{', '}', selection) };
    }
    const first = name();
    const aliased = peek() === ':' && take(':') === ':';
    const field = aliased ? name() : first;
    const given = Object.fromEntries(between('(', ')', argument));
    return {
      kind: 'field',
      alias: first,
      name: field,
      arguments: given,
      selections: between('{', '}', selection),
    };
  };
  const variable = () => {
    take('$');
    const key = name();
    take(':');
    const type = name();
    return [key, peek() === '!' ? type + take() : type] as const;
  };
  if (peek() === 'query') {
    take();
    if (peek() !== '(' && peek() !== '{') name();
  }
  const variables = Object.fromEntries(between('(', ')', variable));
  const selections = between('{', '}', selection);
  if (selections.length === 0 || at < tokens.length) return fail();
  return { variables, selections };
}

/** `${{ }}` expressions: literals, contexts, operators and the functions workflows of this project use. */

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

export interface Scope {
  contexts: Record<string, Value>;
  functions: Record<string, (...args: Value[]) => Value>;
}

type Tokens = { text: string; kind: 'name' | 'number' | 'string' | 'operator' }[];

function tokenise(source: string): Tokens {
  const tokens: Tokens = [];
  const pattern =
    /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w-]*)|(&&|\|\||==|!=|<=|>=|[!<>()[\].,*]))/gy;
  let end = 0;
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    end = pattern.lastIndex;
    if (match[1] !== undefined)
      tokens.push({ kind: 'string', text: match[1].slice(1, -1).replaceAll("''", "'") });
    else if (match[2] !== undefined) tokens.push({ kind: 'number', text: match[2] });
    else if (match[3] !== undefined) tokens.push({ kind: 'name', text: match[3] });
    else tokens.push({ kind: 'operator', text: match[4] ?? '' });
  }
  if (source.slice(end).trim() !== '')
    throw new Error(`Unexpected symbol in expression: ${source.slice(end).trim()}`);
  return tokens;
}

export function truthy(value: Value): boolean {
  return !(value === null || value === false || value === 0 || value === '' || Number.isNaN(value));
}

export function asText(value: Value): string {
  if (value === null) return '';
  if (Array.isArray(value)) return 'Array';
  return typeof value === 'object' ? 'Object' : String(value);
}

function asNumber(value: Value): number {
  if (value === null || value === '') return 0;
  return typeof value === 'object' ? Number.NaN : Number(value);
}

function equal(a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a.toLowerCase() === b.toLowerCase();
  if (typeof a === typeof b && (typeof a !== 'object' || a === null || b === null)) return a === b;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) return a === b;
  return asNumber(a) === asNumber(b);
}

function member(value: Value, name: Value): Value {
  if (value === null || typeof value !== 'object') return null;
  if (Array.isArray(value)) return value[asNumber(name)] ?? null;
  const wanted = asText(name).toLowerCase();
  const found = Object.keys(value).find((key) => key.toLowerCase() === wanted);
  return found === undefined ? null : (value[found] ?? null);
}

const FUNCTIONS: Scope['functions'] = {
  contains: (search = null, item = null) =>
    Array.isArray(search)
      ? search.some((one) => equal(one, item))
      : asText(search).toLowerCase().includes(asText(item).toLowerCase()),
  startswith: (text = null, start = null) =>
    asText(text).toLowerCase().startsWith(asText(start).toLowerCase()),
  endswith: (text = null, end = null) => asText(text).toLowerCase().endsWith(asText(end).toLowerCase()),
  format: (pattern = null, ...values) =>
    asText(pattern).replace(/\{(\d+)\}/g, (_, index: string) => asText(values[Number(index)] ?? null)),
  join: (list = null, separator = ',') =>
    Array.isArray(list) ? list.map(asText).join(asText(separator)) : asText(list),
  tojson: (value = null) => JSON.stringify(value, null, 2),
  fromjson: (text = null) => JSON.parse(asText(text)) as Value,
};

class Parser {
  readonly #tokens: Tokens;
  readonly #scope: Scope;
  #at = 0;

  constructor(source: string, scope: Scope) {
    this.#tokens = tokenise(source);
    this.#scope = scope;
  }

  whole(): Value {
    const value = this.#or();
    const rest = this.#tokens[this.#at];
    if (rest) throw new Error(`Unexpected symbol in expression: ${rest.text}`);
    return value;
  }

  #take(...texts: string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'operator' || !texts.includes(token.text)) return undefined;
    this.#at += 1;
    return token.text;
  }

  #expect(text: string): void {
    if (this.#take(text) === undefined) throw new Error(`Expected ${text} in expression`);
  }

  #or(): Value {
    let left = this.#and();
    while (this.#take('||')) {
      const right = this.#and();
      left = truthy(left) ? left : right;
    }
    return left;
  }

  #and(): Value {
    let left = this.#comparison();
    while (this.#take('&&')) {
      const right = this.#comparison();
      left = truthy(left) ? right : left;
    }
    return left;
  }

  #comparison(): Value {
    let left = this.#unary();
    for (
      let operator = this.#take('==', '!=', '<=', '>=', '<', '>');
      operator;
      operator = this.#take('==', '!=', '<=', '>=', '<', '>')
    ) {
      const right = this.#unary();
      if (operator === '==' || operator === '!=') left = equal(left, right) === (operator === '==');
      else {
        const [a, b] = [asNumber(left), asNumber(right)];
        left = operator === '<' ? a < b : operator === '>' ? a > b : operator === '<=' ? a <= b : a >= b;
      }
    }
    return left;
  }

  #unary(): Value {
    if (this.#take('!')) return !truthy(this.#unary());
    let value = this.#primary();
    for (;;) {
      if (this.#take('.')) {
        const token = this.#tokens[this.#at++];
        if (token?.kind !== 'name') throw new Error('Expected a name after . in expression');
        value = member(value, token.text);
      } else if (this.#take('[')) {
        value = member(value, this.#or());
        this.#expect(']');
      } else return value;
    }
  }

  #primary(): Value {
    if (this.#take('(')) {
      const value = this.#or();
      this.#expect(')');
      return value;
    }
    const token = this.#tokens[this.#at++];
    if (!token || token.kind === 'operator') throw new Error('Unexpected end of expression');
    if (token.kind === 'string') return token.text;
    if (token.kind === 'number') return Number(token.text);
    const name = token.text.toLowerCase();
    if (this.#take('(')) {
      const args: Value[] = [];
      if (!this.#take(')')) {
        do args.push(this.#or());
        while (this.#take(','));
        this.#expect(')');
      }
      const call = this.#scope.functions[name] ?? FUNCTIONS[name];
      if (!call) throw new Error(`Unrecognized function: '${token.text}'`);
      return call(...args);
    }
    if (name === 'true' || name === 'false') return name === 'true';
    if (name === 'null') return null;
    if (!(name in this.#scope.contexts)) throw new Error(`Unrecognized named-value: '${token.text}'`);
    return this.#scope.contexts[name] ?? null;
  }
}

export function evaluate(expression: string, scope: Scope): Value {
  return new Parser(expression, scope).whole();
}

/** A text with `${{ }}` in it. */
export function interpolate(text: string, scope: Scope): string {
  return text.replace(/\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/gs, (_, expression: string) =>
    asText(evaluate(expression, scope)),
  );
}

/** An `if:`: without a status function it means `success() && (...)`. */
export function condition(text: string | undefined, scope: Scope): boolean {
  const source = (text ?? '')
    .trim()
    .replace(/^\$\{\{(.*)\}\}$/s, '$1')
    .trim();
  const full =
    source === ''
      ? 'success()'
      : /\b(success|failure|cancelled|always)\s*\(/i.test(source)
        ? source
        : `success() && (${source})`;
  return truthy(evaluate(full, scope));
}

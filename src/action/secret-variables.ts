type Environment = Readonly<Record<string, string | undefined>>;

/** Characters below which a value is too likely an ordinary word, such as `staging`. */
const SHORTEST = 8;
/** Of a name's words: `DB_PASSWORD`, `PGPASSWORD`, `apiToken`. */
const WORD = /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|APIKEY)S?$|^(?:PASS|PRIVATE|DSN)$/;
const USER_INFORMATION = /:\/\/([^\s/?#:@]*):([^\s/?#]+)@/g;

/**
 * What is secret in the environment of a step (invariant 8): `env: { TEST_DB: ${{ secrets.TEST_DB }} }` is meant for the
 * tests, but what they print of it would stand in the record and in an issue, where the runner masks nothing. By the name of the
 * variable, and the password in any URL. None are a path, a number, what the runner itself says (a `CACHE_KEY` that is the
 * commit), and a word that is a user's name or a plain variable as well (`postgres://postgres:postgres@localhost`). Pure.
 */
export function secretsIn(env: Environment): string[] {
  const variables = Object.entries(env).map(([name, value = '']) => ({ name, value: value.trim() }));
  const logins = variables.flatMap(({ value }) => [...value.matchAll(USER_INFORMATION)]);
  const named = variables.filter(({ name }) => isSecretName(name));
  const plain = new Set([
    ...variables.filter((one) => !named.includes(one)).map(({ value }) => value),
    ...logins.map(([, user = '']) => user),
  ]);
  const found = [
    ...named.map(({ value }) => value).filter((value) => !isNumber(value) && !isPath(value)),
    ...logins.flatMap(([, , password = '']) => [password, decoded(password)]),
  ];
  const said = new Set(
    variables.flatMap((one) =>
      /^(?:GITHUB|RUNNER)_/.test(one.name) && !named.includes(one) ? one.value : [],
    ),
  );
  const isPlain = (value: string) => said.has(value) || (/^[a-z]+$/.test(value) && plain.has(value));
  return [...new Set(found)].filter((value) => value.length >= SHORTEST && !isPlain(value));
}

function isSecretName(name: string): boolean {
  const words = name.toUpperCase().split(/[^A-Z0-9]+/);
  return words.at(-1) === 'KEY' || words.some((word) => WORD.test(word));
}

const isNumber = (value: string) => /^[+-]?\d+(?:\.\d+)?$/.test(value);

/** A random secret may begin with a slash too: no part of a path looks as drawn by lot. */
function isPath(value: string): boolean {
  if (!/^(?:~|\.{1,2})?\/|^[A-Za-z]:[\\/]/.test(value) || /[+=\n]/.test(value)) return false;
  const isDrawn = (part: string) =>
    part.length >= 10 && [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(part));
  return !value.split(/[\\/]/).some(isDrawn);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

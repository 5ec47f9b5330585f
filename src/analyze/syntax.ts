import { LineCounter, parseAllDocuments } from 'yaml';

/** Files named `.json` whose readers take comments and trailing commas. */
const WITH_COMMENTS =
  /(?:^|\/)(?:\.vscode\/[^/]+|(?:ts|js)config[^/]*|\.?(?:eslintrc|babelrc|jshintrc|swcrc|devcontainer|deno|turbo|nx|biome|wrangler|angular|renovate|api-extractor|oxlintrc|jscpd)[^/]*)\.json$/;

/** The line on which a JSON text stops making sense, or nothing when it parses. Never quotes the text. */
export function jsonFault(path: string, text: string): { line: number } | undefined {
  const plain = text.replace(/^\uFEFF/, '');
  try {
    JSON.parse(plain);
    return undefined;
  } catch (error) {
    const tolerated = WITH_COMMENTS.test(path) && parses(withoutComments(plain));
    return tolerated ? undefined : { line: lineOf(plain, error as Error) };
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function withoutComments(text: string): string {
  const tokens = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const bare = text.replace(tokens, (token) => (token.startsWith('"') ? token : ' '));
  return bare.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (token) => (token === ',' ? '' : token));
}

function lineOf(text: string, error: Error): number {
  const position = /position (\d+)/.exec(error.message)?.[1];
  return text.slice(0, position === undefined ? undefined : Number(position)).split('\n').length;
}

/**
 * The first line of a YAML text that does not parse. Templates (`{{ ... }}`) are not YAML yet and pass; unknown tags and
 * several documents are fine.
 */
export function yamlFault(text: string): { line: number } | undefined {
  if (text.includes('{{')) return undefined;
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  if (!Array.isArray(documents)) return undefined;
  const fault = documents.flatMap((document) => document.errors)[0];
  return fault && { line: Math.max(1, lineCounter.linePos(fault.pos[0]).line) };
}

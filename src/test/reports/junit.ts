import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type Report, ReportUnreadable, failure } from './report.ts';

type Node = Record<string, unknown>;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  parseAttributeValue: false,
  parseTagValue: false,
  isArray: (name) => ['testsuite', 'testcase', 'failure', 'error'].includes(name),
});

/** JUnit XML in its many dialects: testsuites, or one testsuite, nested or not. Anything else is a ReportUnreadable. */
export function readJunit(text: string): Report {
  const report = readIfJunit(text);
  if (report === undefined) throw new ReportUnreadable('is not a JUnit report');
  return report;
}

/**
 * As `readJunit`, but nothing for complete XML of another kind: coverage and other tools' results lie in the same folders.
 * What is not complete may have been a JUnit report, and is a ReportUnreadable.
 */
export function readIfJunit(text: string): Report | undefined {
  if (text.trim() === '') throw new ReportUnreadable('is empty');
  if (XMLValidator.validate(text) !== true) throw new ReportUnreadable('is not complete XML');
  const root = parse(text);
  if (!('testsuites' in root) && !('testsuite' in root)) return undefined;
  const report: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  visit(root, report);
  report.failed = report.failures.length;
  return report;
}

/** The parser refuses entities without end. */
function parse(text: string): Node {
  try {
    return parser.parse(text) as Node;
  } catch (error) {
    throw new ReportUnreadable(`cannot be parsed: ${(error as Error).message}`);
  }
}

function visit(node: Node, report: Report): void {
  for (const test of nodes(node['testcase'])) {
    const faults = [...nodes(test['failure']), ...nodes(test['error'])];
    if (faults.length > 0) {
      const name = [test['@classname'], test['@name']].filter(Boolean).join(' › ') || 'a test';
      const detail = faults.map((fault) => String(fault['@message'] ?? fault['#text'] ?? '')).join('\n');
      report.failures.push(failure(name, detail, place(test)));
    } else if ('skipped' in test) report.skipped++;
    else report.passed++;
  }
  for (const suite of nodes(node['testsuite'])) visit(suite, report);
  if (node['testsuites'] && typeof node['testsuites'] === 'object') visit(node['testsuites'] as Node, report);
}

function place(test: Node): { file?: string; line?: number } {
  const file = test['@file'];
  return typeof file === 'string' ? { file, line: Number(test['@line'] ?? 0) } : {};
}

/** The parser gives a text where an element has no attributes; here everything is an object. */
function nodes(value: unknown): Node[] {
  if (value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map(
    (entry) => (entry !== null && typeof entry === 'object' ? entry : { '#text': entry }) as Node,
  );
}

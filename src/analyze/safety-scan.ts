import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { performance, type PerformanceMark } from 'node:perf_hooks';
import type { ReadFile } from './files.ts';
import type { Category, Finding } from './plan.ts';
import { jsonFault, yamlFault } from './syntax.ts';

// The scanner marks each step of each file for its own profiler, which searches all marks so far for each new one and
// rejects, where nobody can catch it, for a file name with a line break. There can be several copies of that profiler, so
// its marks are dropped where all of them make them.
const mark = performance.mark.bind(performance);
performance.mark = (name, options) =>
  name.startsWith('@core>') ? ({ name } as PerformanceMark) : mark(name, options);

/** A changed file that is still there. */
export interface ScannedFile {
  path: string;
  category: Category;
}

export interface ScanLimits {
  /** Files read at most. */
  files: number;
  /** Bytes of one file whose content is looked at. */
  fileSize: number;
  /** Bytes read at most, of all files together. */
  totalSize: number;
}

export const WORKSPACE_LIMITS: ScanLimits = { files: 20_000, fileSize: 1_000_000, totalSize: 200_000_000 };
/** Without a checkout forty files are a request. */
export const API_LIMITS: ScanLimits = { files: 200, fileSize: 1_000_000, totalSize: 20_000_000 };

const LARGE = 10 * 1024 * 1024;
const PARALLEL = 8;

/**
 * Layer 1 of the safety: secrets, a committed `.env`, files above 10 MB, and JSON or YAML that does not parse.
 * A finding says where, never what. What is left out (too many or too large files, unreadable ones) is a warning.
 */
export async function scan(
  files: readonly ScannedFile[],
  read: ReadFile,
  limits: ScanLimits,
): Promise<{ findings: Finding[]; warnings: string[] }> {
  const findings: Finding[] = files.flatMap(dotenv);
  const warnings: string[] = [];
  let unread = 0;
  let budget = limits.totalSize;
  let left = limits.files;
  const queue = files.values();
  const worker = async () => {
    for (const file of queue) {
      if (left <= 0 || budget <= 0) {
        unread += 1;
        continue;
      }
      left -= 1;
      try {
        const found = await read(file.path, limits.fileSize);
        if (found === undefined) continue;
        budget -= found.content?.length ?? 0;
        findings.push(...(await inspect(file, found.size, found.content)));
      } catch {
        // The cause may quote the file; that it was not looked at is what a person must know.
        unread += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  if (unread > 0) {
    warnings.push(
      `${unread} of ${files.length} changed files were not scanned for secrets: too many, or unreadable.`,
    );
  }
  const order = (finding: Finding) => `${finding.file}\0${String(finding.line ?? 0).padStart(9, '0')}`;
  return { findings: findings.sort((a, b) => (order(a) < order(b) ? -1 : 1)), warnings };
}

const EXAMPLES = /^\.env(?:\..+)?\.(?:example|sample|template|dist|defaults?|schema|tpl)$/i;

function dotenv({ path, category }: ScannedFile): Finding[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!/^\.env(?:\..+)?$/.test(name) || EXAMPLES.test(name)) return [];
  const secretByCustom = name === '.env' || name.endsWith('.local');
  return [
    {
      rule: 'dotenv',
      severity: secretByCustom && category !== 'test' ? 'CRITICAL' : 'WARNING',
      file: path,
      message: secretByCustom
        ? `${path} is committed: take it out of git, ignore it, and replace the secrets it held.`
        : `${path} is committed: make sure that it holds no secrets.`,
    },
  ];
}

async function inspect(
  { path, category }: ScannedFile,
  size: number,
  content: Buffer | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (size > LARGE) {
    const megabytes = (size / 1024 / 1024).toFixed(1);
    findings.push({
      rule: 'large-file',
      severity: 'WARNING',
      file: path,
      message: `${path} is ${megabytes} MB; files above 10 MB do not belong into git.`,
    });
  }
  if (content === undefined || content.subarray(0, 8000).includes(0)) return findings;
  const text = content.toString('utf8');
  findings.push(...(await secrets(path, text)));
  // Broken fixtures are what some tests are made of.
  if (category === 'test') return findings;
  const json = path.endsWith('.json') ? jsonFault(path, text) : undefined;
  if (json) findings.push(syntax('json-syntax', path, json.line, 'JSON'));
  const yaml = /\.ya?ml$/.test(path) ? yamlFault(text) : undefined;
  if (yaml) findings.push(syntax('yaml-syntax', path, yaml.line, 'YAML'));
  return findings;
}

function syntax(rule: 'json-syntax' | 'yaml-syntax', file: string, line: number, kind: string): Finding {
  return { rule, severity: 'CRITICAL', file, line, message: `${file} is not valid ${kind} (line ${line}).` };
}

async function secrets(path: string, content: string): Promise<Finding[]> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const result = await lintSource({
    // No more of the name than the scanner's rules look at: it cannot take every one.
    source: {
      filePath: name.replace(/[^\w.-]/g, '_'),
      content,
      ext: name.slice(name.lastIndexOf('.')),
      contentType: 'text',
    },
    options: {
      maskSecrets: true,
      noPhysicFilePath: true,
      config: { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] },
    },
  });
  return result.messages
    .filter(({ type }) => type === 'message')
    .map(({ ruleId, messageId, loc }) => ({
      rule: 'secret' as const,
      severity: 'CRITICAL' as const,
      file: path,
      line: loc.start.line,
      // Only what kind it is: the scanner's own message quotes what it found.
      message: `A secret is committed in ${path}, line ${loc.start.line} (${ruleId.replace(/^.*rule-/, '')}: ${messageId}). Replace it: it is public to everybody who can read the repository.`,
    }));
}

import { describe, expect, test } from '@jest/globals';
import { createClassifier, DEFAULT_TABLE, isManifest } from '../../../src/analyze/categories.ts';
import { compilePatterns } from '../../../src/analyze/patterns.ts';
import { CATEGORIES, type Category } from '../../../src/analyze/plan.ts';

const classifier = createClassifier({});
const categoryOf = (path: string) => classifier.classify(path).category;

test('A2: the order of the table', () => {
  expect(DEFAULT_TABLE.map(({ category }) => category)).toEqual([
    'test',
    'other',
    'database',
    'config',
    'backend',
    'frontend',
    'shared',
  ]);
  expect(new Set(DEFAULT_TABLE.map(({ category }) => category))).toEqual(new Set(CATEGORIES));
});

// Rule A1, the wider defaults of the original system, and where a person would put the files of a monorepo.
const TABLE: Record<Category, string[]> = {
  frontend: [
    'src/App.tsx',
    'src/legacy.jsx',
    'src/pages/index.ts',
    'src/components/button.ts',
    'tailwind.config.js',
    'tailwind.config.ts',
    'src/styles/a.css',
    'theme.scss',
    'a.less',
    'index.html',
    'logo.svg',
    'App.vue',
    'App.svelte',
    'src/hooks/use.ts',
    'src/contexts/auth.ts',
    'src/layouts/main.ts',
    'src/features/cart.ts',
    'src/assets/photo.png',
    'public/robots.txt',
    'frontend/src/main.ts',
    'frontend/src/api/client.ts',
    'app/page.ts',
    'pages/index.js',
    'components/a.js',
    'postcss.config.mjs',
    'next.config.js',
    'vite.config.ts',
    'nuxt.config.ts',
    'svelte.config.js',
    'apps/web/src/main.ts',
    'apps/web/src/services/fetch.ts',
    'app/[id]/(group)/page.ts',
  ],
  backend: [
    'server/index.ts',
    'api/users.ts',
    'main.go',
    'worker.py',
    'src/api/users.ts',
    'src/api/view.tsx',
    'src/routes/users.ts',
    'backend/main.ts',
    'backend/templates/mail.html',
    'src/server/http.ts',
    'src/middleware/auth.ts',
    'src/controllers/a.ts',
    'src/services/a.ts',
    'src/models/a.ts',
    'src/repositories/a.ts',
    'src/graphql/a.ts',
    'src/resolvers/a.ts',
    'a.rb',
    'A.java',
    'a.rs',
    'a.php',
    'a.ex',
    'services/api/src/index.ts',
    'apps/api/src/index.ts',
  ],
  database: [
    'migrations/001.ts',
    'services/api/migrations/0001_initial.py',
    'prisma/schema.prisma',
    'schema.prisma',
    'drizzle/0000.sql',
    'drizzle.config.ts',
    'dump.sql',
    'database/connection.ts',
    'sql/view.txt',
    'seeds/users.ts',
    'src/db/client.ts',
  ],
  config: [
    'docker/entrypoint.sh',
    '.github/workflows/ci.yml',
    'Dockerfile',
    'Dockerfile.frontend',
    'apps/web/Dockerfile',
    'api.Dockerfile',
    'docker-compose.yml',
    'docker-compose.prod.yml',
    'compose.yaml',
    'compose.prod.yml',
    'package.json',
    'apps/web/package.json',
    'package-lock.json',
    'yarn.lock',
    'pnpm-lock.yaml',
    'bun.lock',
    'gonsautopilot.yaml',
    'gonsautopilot.yml',
    '.github/gonsautopilot.yaml',
    'requirements.txt',
    'requirements-dev.txt',
    'services/api/go.mod',
    'go.sum',
    'pyproject.toml',
    'Cargo.lock',
    'Gemfile',
    '.docker/a',
    '.ci/a',
    '.circleci/config.yml',
    'nginx/site.conf',
    'deploy/run.sh',
    'infra/main.tf',
    'infrastructure/a.ts',
    'k8s/a.yaml',
    'helm/Chart.yaml',
    'apps/web/nginx/default.conf',
    '.env',
    '.env.production',
    'tsconfig.json',
    'tsconfig.build.json',
    'Makefile',
    '.dockerignore',
  ],
  test: [
    'src/App.test.tsx',
    'src/a.spec.ts',
    '__tests__/a.ts',
    'src/__tests__/deep/a.sql',
    'tests/a.py',
    'test/a.js',
    'e2e/login.ts',
    'cypress/support.ts',
    'src/__mocks__/a.ts',
    'pkg/user_test.go',
    'test_views.py',
    'app/conftest.py',
    'lib/user_spec.rb',
    'api/users.test.ts',
    'migrations/001.test.ts',
  ],
  shared: [
    'src/utils.ts',
    'lib/format.js',
    'packages/core/index.ts',
    'types/a.d.ts',
    'proto/a.proto',
    'src/data/list.csv',
    'src/deploy/executor.ts',
  ],
  other: [
    'README.md',
    'server/README.md',
    'docs/guide.md',
    'docs/api/server.go',
    'LICENSE',
    'CHANGELOG.md',
    'photo.png',
    'notes.txt',
    '.gitignore',
    'weird',
  ],
};
describe.each(Object.entries(TABLE))('A1: %s', (category, paths) => {
  test.each(paths)('%s', (path) => {
    const classified = classifier.classify(path);
    expect(classified.category).toBe(category);
    expect(classified.because).not.toBe('');
  });
});

test('A2: what is decided names the pattern that decided', () => {
  expect(classifier.classify('server/a.ts')).toEqual({ category: 'backend', because: '**/server/**' });
  expect(classifier.classify('photo.png')).toEqual({ category: 'other', because: 'no pattern matches' });
});

test('a test file has a side: what it would be without test patterns', () => {
  expect(classifier.sideOf('src/App.test.tsx')).toBe('frontend');
  expect(classifier.sideOf('api/users_test.go')).toBe('backend');
  expect(classifier.sideOf('__tests__/a.ts')).toBe('shared');
});

test('`analyze.patterns` replaces the defaults of its category only', () => {
  const own = createClassifier({ backend: ['core/**'] });
  expect(own.classify('core/a.tsx')).toEqual({ category: 'backend', because: 'core/**' });
  expect(own.classify('server/a.ts').category).toBe('shared');
  expect(own.classify('a.tsx').category).toBe('frontend');
  const quiet = createClassifier({ other: ['server/legal/**'] });
  expect(quiet.classify('server/legal/terms.ts').category).toBe('other');
});

test('`...` in a list of `analyze.patterns` stands for the defaults of its category', () => {
  const own = createClassifier({ backend: ['...', 'core/**', '!server/legacy/**'] });
  expect(own.classify('core/a.tsx')).toEqual({ category: 'backend', because: 'core/**' });
  expect(own.classify('server/a.ts')).toEqual({ category: 'backend', because: '**/server/**' });
  expect(own.classify('server/legacy/a.ts').category).toBe('shared');
  expect(own.userLists.map(({ list }) => list.unmatched(['core/a.tsx']))).toEqual([[]]);
  expect(createClassifier({ backend: ['...'] }).userLists).toEqual([]);
});

test.each(['package.json', 'a/yarn.lock', 'go.sum', 'requirements.txt', 'Cargo.toml', 'pom.xml'])(
  'A5: %s is a dependency manifest',
  (path) => expect(isManifest(path)).toBe(true),
);
test.each(['Dockerfile', 'tsconfig.json', 'Makefile'])('A5: %s is none', (path) =>
  expect(isManifest(path)).toBe(false),
);

describe('patterns', () => {
  const matches = (patterns: string[], path: string) =>
    compilePatterns(patterns, 'here').match(path) !== undefined;

  test.each<[string[], string, boolean]>([
    [['./src/**'], 'src/a.ts', true],
    [['/src/**'], 'src/a.ts', true],
    [['src/'], 'src/deep/a.ts', true],
    [['./src/'], 'src/a.ts', true],
    [['src'], 'src/a.ts', false],
    [['lib/../src/*.ts'], 'src/a.ts', true],
    [['lib/../src/a.ts'], 'src/a.ts', true],
    [['src/./**'], 'src/a.ts', true],
    [['src//*.ts'], 'src/a.ts', true],
    [['../libs/*.ts'], '../libs/a.ts', true],
    [['../libs/**'], '../libs/deep/a.ts', true],
    [['src/**'], 'src', true],
    [['src/**'], 'src2/a.ts', false],
    [['**/src/**'], 'src/a.ts', true],
    [['**/src/**'], 'a/b/src/c/d.ts', true],
    [['**/src/**'], 'asrc/a.ts', false],
    [['**/a/b/**'], 'x/a/b/c', true],
    [['**/a/b/**'], 'x/a/bc/c', false],
    [['*.ts'], 'a.ts', true],
    [['*.ts'], 'src/a.ts', false],
    [['**/*.ts'], 'a.ts', true],
    [['**/*.ts'], '.hidden/.a.ts', true],
    [['**/*.d.ts'], 'a.d.ts', true],
    [['**/Dockerfile*'], 'x/Dockerfile.web', true],
    [['**/Dockerfile*'], 'x/aDockerfile', false],
    [['**/*.test.*'], 'a.test.ts', true],
    [['**/*.test.*'], 'atest.ts', false],
    [['**/*_test.{go,py}'], 'x_test.py', true],
    [['src/*/index.ts'], 'src/a/index.ts', true],
    [['src/*/index.ts'], 'src/a/b/index.ts', false],
    [['{a,b}/**'], 'b/c', true],
    [['@(a|b)/x'], 'a/x', true],
    [['!(a)/x'], 'b/x', true],
    [['app/[id]/page.tsx'], 'app/[id]/page.tsx', true],
    [['app/[id]/page.tsx'], 'app/i/page.tsx', true],
    [['app/[id]/**'], 'app/[id]/deep/page.tsx', true],
    [['app/(group)/**'], 'app/(group)/a', true],
    [['#a'], '#a', true],
    [['src/**', '!src/gen/**'], 'src/a', true],
    [['src/**', '!src/gen/**'], 'src/gen/a', false],
    [['!src/gen/**', 'src/**'], 'src/gen/a', false],
    [['!docs/**'], 'src/a', true],
    [['!docs/**'], 'docs/a', false],
    [['!docs/**', '!*.md'], 'a.md', false],
    [[], 'a', false],
    [['**/new*line.ts'], 'x/new\nline.ts', true],
    [['a/**/b.ts'], 'a/new\nline/b.ts', true],
  ])('%j on %j: %s', (patterns, path, expected) => {
    expect(matches(patterns, path)).toBe(expected);
  });

  test('a backslash is an error with a hint', () => {
    expect(() => compilePatterns(['src\\api\\**'], 'analyze.patterns.backend')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('analyze.patterns.backend'),
        fix: expect.stringContaining('src/api/**'),
      }),
    );
  });

  test.each(['', '/', './', '!'])('%j is an error', (pattern) => {
    expect(() => compilePatterns([pattern], 'here')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  test('the first pattern of the list decides, however it is looked up', () => {
    const list = compilePatterns(['a/*/x.ts', '**/*.ts', 'a/b/x.ts'], 'here');
    expect(list.match('a/b/x.ts')).toBe('a/*/x.ts');
    expect(list.match('b.ts')).toBe('**/*.ts');
  });

  test('100,000 files are classified in well under a second', () => {
    const extensions = ['ts', 'tsx', 'go', 'md', 'json', 'png', 'css', 'test.ts', 'sql', 'yaml'];
    const files = Array.from(
      { length: 100_000 },
      (_, index) => `packages/p${index % 300}/src/m${index % 997}/f${index}.${extensions[index % 10]}`,
    );
    files.slice(0, 1000).forEach(categoryOf);
    const started = process.cpuUsage();
    for (const path of files) categoryOf(path);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});

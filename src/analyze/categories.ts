import type { Config } from '../config/schema.ts';
import type { Category } from './plan.ts';
import { compileInOrder, compilePatterns, type PatternList } from './patterns.ts';

/** One row of the table of rule A2: earlier rows win. */
interface Row {
  category: Category;
  patterns: readonly string[];
}

/** Sides of a monorepo whose whole content is the browser's, even a directory `src/api/` in it. */
const FRONTEND_PACKAGES = '{apps,packages,services}/{web,frontend,client,ui,www,webapp}/**';

/** Code that may run in a browser. */
const SCRIPT = '*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}';

/**
 * Rules A1 and A2 as data: the first row with a matching pattern decides. Directories count at any depth, so that a
 * monorepo works; those whose names source code also likes (`deploy/`, `docker/`) only where projects keep them.
 * The texts that explain a project come before its code: `server/README.md` deploys nothing. What either side may use is
 * `shared`: then everything is built, whereas a wrong side would leave a change undeployed.
 */
export const DEFAULT_TABLE: readonly Row[] = [
  {
    category: 'test',
    patterns: [
      '**/*.test.*',
      '**/*.spec.*',
      '**/__tests__/**',
      '**/__mocks__/**',
      '**/__snapshots__/**',
      '**/tests/**',
      '**/test/**',
      '**/e2e/**',
      '**/cypress/**',
      '**/*_test.{go,py,rb,rs,exs,dart}',
      '**/test_*.py',
      '**/tests.py',
      '**/conftest.py',
      '**/*_spec.rb',
      '**/spec/**/*.rb',
      '**/testdata/**',
      '**/*{Test,Tests,IT}.{java,kt,scala,cs,php}',
      '**/*.Tests/**',
      '**/{jest,vitest}.setup.*',
      '**/{setupTests,test-utils}.*',
    ],
  },
  {
    category: 'other',
    patterns: [
      '**/README*',
      '**/CHANGELOG*',
      '**/CONTRIBUTING*',
      '**/CODE_OF_CONDUCT*',
      '**/LICENSE*',
      '**/LICENCE*',
      '**/AUTHORS*',
      '**/SECURITY.md',
      '**/CODEOWNERS',
      '**/.gitignore',
      '**/.gitattributes',
      '**/.editorconfig',
      '.vscode/**',
      '.idea/**',
      '.devcontainer/**',
      'mkdocs.yml',
      'docs/**',
      'doc/**',
    ],
  },
  {
    category: 'database',
    patterns: [
      '**/{migrations,Migrations,alembic}/**',
      '**/prisma/**',
      '**/drizzle/**',
      '**/database/**',
      '**/sql/**',
      '**/seeds/**',
      '**/db/**',
      '**/*.sql',
      '**/*.prisma',
      '**/drizzle.config*',
    ],
  },
  {
    category: 'config',
    patterns: [
      '**/.github/**',
      '**/.docker/**',
      '**/.ci/**',
      '**/.circleci/**',
      '{docker,nginx,caddy,traefik,haproxy,deploy,infra,infrastructure,k8s,helm,charts,terraform,ansible}/**',
      '{apps,packages,services}/*/{docker,nginx,deploy,infra,infrastructure,k8s,helm}/**',
      '**/Dockerfile*',
      '**/*.Dockerfile',
      '**/*.dockerfile',
      '**/Containerfile*',
      '**/.dockerignore',
      '**/docker-compose*',
      '**/compose{,.*}.{yml,yaml}',
      '**/gonsautopilot.{yml,yaml}',
      '**/.env',
      '**/.env.*',
      '**/tsconfig*',
      '**/Makefile',
      '**/{Procfile,Caddyfile,Tiltfile,justfile,Justfile}',
      '**/{nginx.conf,haproxy.cfg,docker-bake.hcl}',
      '**/*.{tf,tfvars}',
      '**/Taskfile.{yml,yaml}',
      '**/{fly,netlify}.toml',
      '**/vercel.json',
      '**/.gitlab-ci.yml',
      '**/Jenkinsfile',
      '**/.gitmodules',
      // What a project is built from and with.
      '**/{package,package-lock,npm-shrinkwrap,deno,composer,turbo,nx,lerna,jsr}.json',
      '**/deno.jsonc',
      '**/pnpm-{lock,workspace}.yaml',
      '**/{yarn,bun,deno,poetry,uv,pdm,Cargo,Gemfile,composer,mix,Pipfile}.lock',
      '**/bun.lockb',
      '**/{.npmrc,.yarnrc,.yarnrc.yml,.pnpmfile.cjs,.nvmrc,.node-version,.python-version,.ruby-version}',
      '**/.tool-versions',
      '**/{go.mod,go.sum,go.work,go.work.sum,Cargo.toml,Gemfile,Pipfile,pyproject.toml,mix.exs}',
      '**/*.gemspec',
      '**/requirements*.{txt,in}',
      '**/requirements/*.{txt,in}',
      '**/constraints*.txt',
      '**/environment.{yml,yaml}',
      '**/rust-toolchain{,.toml}',
      '**/{gradlew,gradlew.bat,mvnw,mvnw.cmd}',
      '**/{gradle/wrapper,.mvn}/**',
      '**/{setup.py,setup.cfg,pom.xml,gradle.properties,gradle.lockfile,libs.versions.toml}',
      '**/{build,settings}.gradle{,.kts}',
      '**/{packages.lock.json,global.json,nuget.config,Directory.Packages.props}',
      '**/{babel,webpack,rollup,esbuild,tsup,jest,vitest,playwright,cypress,eslint,prettier}.config.*',
      '**/vitest.workspace.*',
      '**/{biome.json,biome.jsonc,cypress.json}',
      '**/{.eslintrc,.prettierrc,.stylelintrc,.golangci,.rubocop}*',
      '.husky/**',
      '**/{tox.ini,pytest.ini,.coveragerc,phpunit.xml,phpunit.xml.dist,phpstan.neon,.rspec}',
    ],
  },
  {
    category: 'backend',
    patterns: [
      '**/server/**',
      '**/api/**',
      '**/backend/**',
      '**/src/{api,routes,server,middleware,controllers,services,models,repositories,graphql,resolvers}/**',
      '**/*.{go,py,rb,java,kt,scala,clj,rs,php,ex,exs}',
      // Pages that these make on the server.
      '**/*.{erb,haml,slim,jbuilder,rake,ru,eex,leex,heex}',
      '**/Rakefile',
      'artisan',
      '!**/frontend/**',
      `!${FRONTEND_PACKAGES}`,
      // A browser's calls of an API often lie in a directory `api/` too.
      `!{client,webapp,web,ui}/**/${SCRIPT}`,
      `!**/src/client/**/${SCRIPT}`,
      `!**/src/{components,hooks,contexts,layouts,features,lib,libs,utils,shared,common,store,stores}/**/api/**/${SCRIPT}`,
      // A library of a monorepo is for both sides, unless its name says otherwise.
      `!packages/!(api|server|backend)/**/${SCRIPT}`,
      // In SvelteKit one route has a part on each side.
      '!**/src/routes/**/*.{svelte,vue,css,scss,less}',
      '!**/src/routes/**/+*',
    ],
  },
  {
    category: 'frontend',
    patterns: [
      '**/*.{tsx,jsx,css,scss,less,html,svg,vue,svelte}',
      '**/src/{pages,components,styles,hooks,contexts,layouts,features,assets}/**',
      '**/public/**',
      '**/frontend/**',
      '**/app/**',
      '**/pages/**',
      '**/components/**',
      '**/{tailwind,postcss,next,vite,nuxt,svelte,astro}.config*',
      '**/*.stories.*',
      `{client,webapp,ui}/**/${SCRIPT}`,
      `**/src/client/**/${SCRIPT}`,
      FRONTEND_PACKAGES,
    ],
  },
  {
    category: 'shared',
    patterns: [
      '**/*.{ts,mts,cts,js,mjs,cjs,json,jsonc,yaml,yml,toml,xml,graphql,gql,proto,wasm,ini,conf,properties}',
      '**/*.{sh,bash,c,cc,cpp,h,hh,hpp,cs,fs,vb,kt,kts,scala,swift,dart,lua,clj,erl,hrl,hs,ml,r,pl,pm,zig,nim,groovy}',
      '**/*.{csproj,fsproj,vbproj,sln,props,targets,cmake,gradle,tmpl,ejs,hbs,pug,liquid,njk,mdx}',
      '**/*.{cshtml,razor,twig,j2,jinja,jinja2,mustache,po,mo,enc}',
      '**/{static,assets,wwwroot,fonts,templates,views,locale,locales,i18n,lang,resources,priv,config}/**',
      '**/{src,lib,libs,packages,shared,common,internal,cmd,pkg,scripts,bin}/**',
    ],
  },
];

/** Dependency manifests and lock files: a change of these can bring a vulnerability in (rule A5). */
const MANIFESTS = compilePatterns(
  [
    '**/{package,package-lock,npm-shrinkwrap,composer,deno}.json',
    '**/pnpm-{lock,workspace}.yaml',
    '**/{yarn,bun,deno,poetry,uv,pdm,Cargo,Gemfile,composer,mix,Pipfile}.lock',
    '**/bun.lockb',
    '**/{go.mod,go.sum,go.work,go.work.sum,Cargo.toml,Gemfile,Pipfile,pyproject.toml,mix.exs,pom.xml,setup.py,setup.cfg}',
    '**/*.gemspec',
    '**/requirements*.{txt,in}',
    '**/requirements/*.{txt,in}',
    '**/constraints*.txt',
    '**/environment.{yml,yaml}',
    '**/build.gradle{,.kts}',
    '**/{gradle.lockfile,libs.versions.toml,packages.lock.json,Directory.Packages.props}',
  ],
  'dependency manifests',
);

export function isManifest(path: string): boolean {
  return MANIFESTS.match(path) !== undefined;
}

export interface Classified {
  category: Category;
  /** The pattern that decided, or why none did. */
  because: string;
}

export interface Classifier {
  /** The one category of a path (rule A2). */
  classify(path: string): Classified;
  /** What a test file tests: its category if test patterns did not exist. */
  sideOf(path: string): Category;
  /** The lists that the user wrote, for warnings about patterns that match nothing. */
  readonly userLists: readonly { where: string; list: PatternList }[];
}

/** Stands for the defaults of its category in a list of the user's. */
const DEFAULTS = '...';

/**
 * Compiles the table; `patterns` replaces the defaults of the categories it names (`analyze.patterns`), or adds to them
 * where `...` stands for them in its list.
 * Errors: CONFIG_INVALID for patterns that cannot be meant.
 */
export function createClassifier(patterns: Config['analyze']['patterns']): Classifier {
  const rows = DEFAULT_TABLE.map((row) => ({
    category: row.category,
    patterns: (patterns[row.category] ?? row.patterns).flatMap((pattern) =>
      pattern === DEFAULTS ? row.patterns : [pattern],
    ),
    where: `analyze.patterns.${row.category}`,
  }));
  const classifyBy = (table: typeof rows) => {
    const first = compileInOrder(table);
    return (path: string): Classified => {
      const found = first(path);
      const category = found && table[found.list]?.category;
      return found && category
        ? { category, because: found.pattern }
        : { category: 'other', because: 'no pattern matches' };
    };
  };
  const sideOf = classifyBy(rows.filter((row) => row.category !== 'test'));
  return {
    classify: classifyBy(rows),
    sideOf: (path) => sideOf(path).category,
    userLists: rows.flatMap(({ category, where }) => {
      const own = patterns[category]?.filter((pattern) => pattern !== DEFAULTS) ?? [];
      return own.length === 0 ? [] : [{ where, list: compilePatterns(own, where) }];
    }),
  };
}

import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  changesWithin,
  checkoutDecision,
  compileInOrder,
  compilePatterns,
  directoryWithin,
  findCheckout,
  isBelow,
  isSha,
  isZeroSha,
  membership,
  namesOutside,
  projectAt,
  toChanges,
  treeOf,
  walkTrees
} from "./chunk-255FBQ5Z.js";
import {
  statusOf
} from "./chunk-DNZ7MGUB.js";
import {
  CATEGORIES
} from "./chunk-HIF7VXVL.js";
import {
  _enum,
  array,
  boolean,
  number,
  object,
  record,
  string,
  unknown
} from "./chunk-4JOCUQ4S.js";
import {
  checkoutReader
} from "./chunk-TBKEFXY5.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/analyze/base.ts
function basesOf({ event, mode, deployed, triedBefore }) {
  if (event.pullRequest) {
    const { number: number2, baseSha, headSha } = event.pullRequest;
    return [
      { kind: "pull-request", number: number2, baseSha, headSha, name: `pull request #${number2}` },
      { kind: "everything", name: "the files of the pull request could not be listed" }
    ];
  }
  if (event.name === "merge_group" && isSha(event.baseSha)) {
    return [
      { kind: "commit", sha: event.baseSha, name: "the base of the merge group" },
      { kind: "everything", name: "the base of the merge group is gone" }
    ];
  }
  const last = isSha(deployed) ? [{ kind: "commit", sha: deployed, name: "the commit last deployed" }] : [];
  const own = ofEvent(event);
  if (mode === "event" && own.length > 0) return [...own, ...last, everything(event, deployed)];
  if (last.length === 0 && triedBefore) {
    return [{ kind: "everything", name: "it was never deployed with success to this target" }];
  }
  return [...last, ...own, everything(event, deployed)];
}
__name(basesOf, "basesOf");
function ofEvent(event) {
  if (event.name !== "push" || event.ref.startsWith("refs/tags/")) return [];
  if (isSha(event.before) && !isZeroSha(event.before)) {
    return [{ kind: "commit", sha: event.before, name: "the commit before the push" }];
  }
  const branch = event.ref.replace(/^refs\/heads\//, "");
  if (!isZeroSha(event.before) || branch === event.defaultBranch) return [];
  return [
    {
      kind: "merge-base",
      branch: event.defaultBranch,
      name: `the point where it left ${event.defaultBranch}`
    }
  ];
}
__name(ofEvent, "ofEvent");
function everything(event, deployed) {
  const because = deployed === void 0 ? "nothing was deployed to this target yet" : "the commit last deployed no longer exists";
  return {
    kind: "everything",
    name: event.name === "push" ? because : `${because} and ${event.name} names no range`
  };
}
__name(everything, "everything");

// src/analyze/categories.ts
var FRONTEND_PACKAGES = "{apps,packages,services}/{web,frontend,client,ui,www,webapp}/**";
var SCRIPT = "*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}";
var DEFAULT_TABLE = [
  {
    category: "test",
    patterns: [
      "**/*.test.*",
      "**/*.spec.*",
      "**/__tests__/**",
      "**/__mocks__/**",
      "**/__snapshots__/**",
      "**/tests/**",
      "**/test/**",
      "**/e2e/**",
      "**/cypress/**",
      "**/*_test.{go,py,rb,rs,exs,dart}",
      "**/test_*.py",
      "**/tests.py",
      "**/conftest.py",
      "**/*_spec.rb",
      "**/spec/**/*.rb",
      "**/testdata/**",
      "**/*{Test,Tests,IT}.{java,kt,scala,cs,php}",
      "**/*.Tests/**",
      "**/{jest,vitest}.setup.*",
      "**/{setupTests,test-utils}.*"
    ]
  },
  {
    category: "other",
    patterns: [
      "**/README*",
      "**/CHANGELOG*",
      "**/CONTRIBUTING*",
      "**/CODE_OF_CONDUCT*",
      "**/LICENSE*",
      "**/LICENCE*",
      "**/AUTHORS*",
      "**/SECURITY.md",
      "**/CODEOWNERS",
      "**/.gitignore",
      "**/.gitattributes",
      "**/.editorconfig",
      ".vscode/**",
      ".idea/**",
      ".devcontainer/**",
      "mkdocs.yml",
      "docs/**",
      "doc/**"
    ]
  },
  {
    category: "database",
    patterns: [
      "**/{migrations,Migrations,alembic}/**",
      "**/prisma/**",
      "**/drizzle/**",
      "**/database/**",
      "**/sql/**",
      "**/seeds/**",
      "**/db/**",
      "**/*.sql",
      "**/*.prisma",
      "**/drizzle.config*"
    ]
  },
  {
    category: "config",
    patterns: [
      "**/.github/**",
      "**/.docker/**",
      "**/.ci/**",
      "**/.circleci/**",
      "{docker,nginx,caddy,traefik,haproxy,deploy,infra,infrastructure,k8s,helm,charts,terraform,ansible}/**",
      "{apps,packages,services}/*/{docker,nginx,deploy,infra,infrastructure,k8s,helm}/**",
      "**/Dockerfile*",
      "**/*.Dockerfile",
      "**/*.dockerfile",
      "**/Containerfile*",
      "**/.dockerignore",
      "**/docker-compose*",
      "**/compose{,.*}.{yml,yaml}",
      "**/gonsautopilot.{yml,yaml}",
      "**/.env",
      "**/.env.*",
      "**/tsconfig*",
      "**/Makefile",
      "**/{Procfile,Caddyfile,Tiltfile,justfile,Justfile}",
      "**/{nginx.conf,haproxy.cfg,docker-bake.hcl}",
      "**/*.{tf,tfvars}",
      "**/Taskfile.{yml,yaml}",
      "**/{fly,netlify}.toml",
      "**/vercel.json",
      "**/.gitlab-ci.yml",
      "**/Jenkinsfile",
      "**/.gitmodules",
      // What a project is built from and with.
      "**/{package,package-lock,npm-shrinkwrap,deno,composer,turbo,nx,lerna,jsr}.json",
      "**/deno.jsonc",
      "**/pnpm-{lock,workspace}.yaml",
      "**/{yarn,bun,deno,poetry,uv,pdm,Cargo,Gemfile,composer,mix,Pipfile}.lock",
      "**/bun.lockb",
      "**/{.npmrc,.yarnrc,.yarnrc.yml,.pnpmfile.cjs,.nvmrc,.node-version,.python-version,.ruby-version}",
      "**/.tool-versions",
      "**/{go.mod,go.sum,go.work,go.work.sum,Cargo.toml,Gemfile,Pipfile,pyproject.toml,mix.exs}",
      "**/*.gemspec",
      "**/requirements*.{txt,in}",
      "**/requirements/*.{txt,in}",
      "**/constraints*.txt",
      "**/environment.{yml,yaml}",
      "**/rust-toolchain{,.toml}",
      "**/{gradlew,gradlew.bat,mvnw,mvnw.cmd}",
      "**/{gradle/wrapper,.mvn}/**",
      "**/{setup.py,setup.cfg,pom.xml,gradle.properties,gradle.lockfile,libs.versions.toml}",
      "**/{build,settings}.gradle{,.kts}",
      "**/{packages.lock.json,global.json,nuget.config,Directory.Packages.props}",
      "**/{babel,webpack,rollup,esbuild,tsup,jest,vitest,playwright,cypress,eslint,prettier}.config.*",
      "**/vitest.workspace.*",
      "**/{biome.json,biome.jsonc,cypress.json}",
      "**/{.eslintrc,.prettierrc,.stylelintrc,.golangci,.rubocop}*",
      ".husky/**",
      "**/{tox.ini,pytest.ini,.coveragerc,phpunit.xml,phpunit.xml.dist,phpstan.neon,.rspec}"
    ]
  },
  {
    category: "backend",
    patterns: [
      "**/server/**",
      "**/api/**",
      "**/backend/**",
      "**/src/{api,routes,server,middleware,controllers,services,models,repositories,graphql,resolvers}/**",
      "**/*.{go,py,rb,java,kt,scala,clj,rs,php,ex,exs}",
      // Pages that these make on the server.
      "**/*.{erb,haml,slim,jbuilder,rake,ru,eex,leex,heex}",
      "**/Rakefile",
      "artisan",
      "!**/frontend/**",
      `!${FRONTEND_PACKAGES}`,
      // A browser's calls of an API often lie in a directory `api/` too.
      `!{client,webapp,web,ui}/**/${SCRIPT}`,
      `!**/src/client/**/${SCRIPT}`,
      `!**/src/{components,hooks,contexts,layouts,features,lib,libs,utils,shared,common,store,stores}/**/api/**/${SCRIPT}`,
      // A library of a monorepo is for both sides, unless its name says otherwise.
      `!packages/!(api|server|backend)/**/${SCRIPT}`,
      // In SvelteKit one route has a part on each side.
      "!**/src/routes/**/*.{svelte,vue,css,scss,less}",
      "!**/src/routes/**/+*"
    ]
  },
  {
    category: "frontend",
    patterns: [
      "**/*.{tsx,jsx,css,scss,less,html,svg,vue,svelte}",
      "**/src/{pages,components,styles,hooks,contexts,layouts,features,assets}/**",
      "**/public/**",
      "**/frontend/**",
      "**/app/**",
      "**/pages/**",
      "**/components/**",
      "**/{tailwind,postcss,next,vite,nuxt,svelte,astro}.config*",
      "**/*.stories.*",
      `{client,webapp,ui}/**/${SCRIPT}`,
      `**/src/client/**/${SCRIPT}`,
      FRONTEND_PACKAGES
    ]
  },
  {
    category: "shared",
    patterns: [
      "**/*.{ts,mts,cts,js,mjs,cjs,json,jsonc,yaml,yml,toml,xml,graphql,gql,proto,wasm,ini,conf,properties}",
      "**/*.{sh,bash,c,cc,cpp,h,hh,hpp,cs,fs,vb,kt,kts,scala,swift,dart,lua,clj,erl,hrl,hs,ml,r,pl,pm,zig,nim,groovy}",
      "**/*.{csproj,fsproj,vbproj,sln,props,targets,cmake,gradle,tmpl,ejs,hbs,pug,liquid,njk,mdx}",
      "**/*.{cshtml,razor,twig,j2,jinja,jinja2,mustache,po,mo,enc}",
      "**/{static,assets,wwwroot,fonts,templates,views,locale,locales,i18n,lang,resources,priv,config}/**",
      "**/{src,lib,libs,packages,shared,common,internal,cmd,pkg,scripts,bin}/**"
    ]
  }
];
var MANIFESTS = compilePatterns(
  [
    "**/{package,package-lock,npm-shrinkwrap,composer,deno}.json",
    "**/pnpm-{lock,workspace}.yaml",
    "**/{yarn,bun,deno,poetry,uv,pdm,Cargo,Gemfile,composer,mix,Pipfile}.lock",
    "**/bun.lockb",
    "**/{go.mod,go.sum,go.work,go.work.sum,Cargo.toml,Gemfile,Pipfile,pyproject.toml,mix.exs,pom.xml,setup.py,setup.cfg}",
    "**/*.gemspec",
    "**/requirements*.{txt,in}",
    "**/requirements/*.{txt,in}",
    "**/constraints*.txt",
    "**/environment.{yml,yaml}",
    "**/build.gradle{,.kts}",
    "**/{gradle.lockfile,libs.versions.toml,packages.lock.json,Directory.Packages.props}"
  ],
  "dependency manifests"
);
function isManifest(path) {
  return MANIFESTS.match(path) !== void 0;
}
__name(isManifest, "isManifest");
var DEFAULTS = "...";
function createClassifier(patterns) {
  const rows = DEFAULT_TABLE.map((row) => ({
    category: row.category,
    patterns: (patterns[row.category] ?? row.patterns).flatMap(
      (pattern) => pattern === DEFAULTS ? row.patterns : [pattern]
    ),
    where: `analyze.patterns.${row.category}`
  }));
  const classifyBy = /* @__PURE__ */ __name((table) => {
    const first = compileInOrder(table);
    return (path) => {
      const found = first(path);
      const category = found && table[found.list]?.category;
      return found && category ? { category, because: found.pattern } : { category: "other", because: "no pattern matches" };
    };
  }, "classifyBy");
  const sideOf = classifyBy(rows.filter((row) => row.category !== "test"));
  return {
    classify: classifyBy(rows),
    sideOf: /* @__PURE__ */ __name((path) => sideOf(path).category, "sideOf"),
    userLists: rows.flatMap(({ category, where }) => {
      const own = patterns[category]?.filter((pattern) => pattern !== DEFAULTS) ?? [];
      return own.length === 0 ? [] : [{ where, list: compilePatterns(own, where) }];
    })
  };
}
__name(createClassifier, "createClassifier");

// src/analyze/contents.ts
import { createHash } from "node:crypto";
var BATCH = 40;
var SINGLES = 30;
var QUERY_WAIT = 2e4;
var Answer = object({
  data: object({ repository: record(string(), unknown()) }),
  errors: array(unknown()).optional()
});
var Blob = object({
  oid: string(),
  byteSize: number().int().nonnegative(),
  isTruncated: boolean(),
  text: string().nullable()
});
function apiReader(github, changes, paths) {
  const shaOf = new Map(changes.map(({ path, sha }) => [path, sha]));
  const shas = [...new Set(paths.map((path) => shaOf.get(path)))].filter(isSha);
  const place = new Map(shas.map((sha, index) => [sha, Math.floor(index / BATCH)]));
  const batches = /* @__PURE__ */ new Map();
  let refused = false;
  let singles = 0;
  const query = /* @__PURE__ */ __name(async (wanted) => {
    if (refused) return /* @__PURE__ */ new Map();
    try {
      return await ask(github, wanted);
    } catch (error) {
      if (isLimit(error)) throw error;
      refused = true;
      return /* @__PURE__ */ new Map();
    }
  }, "query");
  const batchOf = /* @__PURE__ */ __name((sha) => {
    const number2 = place.get(sha) ?? 0;
    const batch = batches.get(number2) ?? query(shas.slice(number2 * BATCH, (number2 + 1) * BATCH));
    batches.set(number2, batch);
    return batch;
  }, "batchOf");
  return async (path, limit) => {
    const sha = shaOf.get(path);
    if (!isSha(sha)) return void 0;
    const known = (await batchOf(sha)).get(sha);
    if (known === "absent") return void 0;
    if (known && known.byteSize > limit) return { size: known.byteSize };
    const content = known && wholeText(known);
    if (content) return { size: content.length, content };
    singles += 1;
    if (singles > SINGLES) throw new Error(`more than ${SINGLES} files would cost a request each`);
    return single(github, sha, limit);
  };
}
__name(apiReader, "apiReader");
async function ask(github, shas) {
  const variables = shas.map((_sha, at) => `$o${at}: GitObjectID!`).join(", ");
  const objects = shas.map(
    (_sha, at) => `f${at}: object(oid: $o${at}) { ... on Blob { oid byteSize isTruncated text } }`
  );
  const { data } = await github.request(
    "POST /graphql",
    {
      query: `query ($owner: String!, $name: String!, ${variables}) { repository(owner: $owner, name: $name) { ${objects.join(" ")} } }`,
      variables: {
        owner: github.owner,
        name: github.repo,
        ...Object.fromEntries(shas.map((sha, at) => [`o${at}`, sha]))
      }
    },
    { repeatable: true, maxWait: QUERY_WAIT }
  );
  const { data: found, errors = [] } = Answer.parse(data);
  const known = /* @__PURE__ */ new Map();
  for (const [at, sha] of shas.entries()) {
    const value = found.repository[`f${at}`];
    const blob = Blob.safeParse(value);
    if (blob.success && blob.data.oid === sha) known.set(sha, blob.data);
    else if (value === null && errors.length === 0) known.set(sha, "absent");
  }
  return known;
}
__name(ask, "ask");
function wholeText({ oid, isTruncated, text }) {
  if (isTruncated || text === null) return void 0;
  const content = Buffer.from(text);
  const hash = createHash(oid.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${content.length}\0`).update(content).digest("hex") === oid ? content : void 0;
}
__name(wholeText, "wholeText");
async function single(github, sha, limit) {
  const { data } = await github.request(
    "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
    { file_sha: sha }
  );
  if (typeof data?.size !== "number" || typeof data.content !== "string") {
    throw new Error(`GitHub sent the content of ${sha} incomplete`);
  }
  const { size } = data;
  const encoding = data.encoding === "utf-8" ? "utf8" : "base64";
  return size > limit ? { size } : { size, content: Buffer.from(data.content, encoding) };
}
__name(single, "single");
function isLimit(error) {
  return error instanceof AutopilotError && error.code === "GITHUB_UNAVAILABLE" && [403, 429].includes(statusOf(error) ?? 0);
}
__name(isLimit, "isLimit");

// src/analyze/patience.ts
var PATIENCE = 18e4;
var FAILURES = 2;
function withPatience(github, now, patience = PATIENCE) {
  const end = now() + patience;
  let failures = 0;
  let last;
  return {
    owner: github.owner,
    repo: github.repo,
    async request(route, parameters, options) {
      const left = end - now();
      if (failures >= FAILURES) throw unavailable(route, "GitHub failed before", last);
      if (left <= 0) throw unavailable(route, `${patience / 1e3} s were spent on its answers already`, last);
      try {
        return await github.request(route, parameters, {
          ...options,
          maxWait: Math.min(left, options?.maxWait ?? left)
        });
      } catch (error) {
        if (error instanceof AutopilotError && error.code === "GITHUB_UNAVAILABLE") {
          failures += [403, 429].includes(statusOf(error) ?? 0) ? FAILURES : 1;
          last = error;
        }
        throw error;
      }
    }
  };
}
__name(withPatience, "withPatience");
function unavailable(route, why, cause) {
  const status = statusOf(cause);
  const error = new AutopilotError("GITHUB_UNAVAILABLE", {
    what: `GitHub was not asked ${route} any more: ${why}`,
    fix: "Run the job again later; https://www.githubstatus.com says whether GitHub has a problem.",
    cause
  });
  return status === void 0 ? error : Object.assign(error, { status });
}
__name(unavailable, "unavailable");

// src/analyze/affected.ts
var CODE = ["frontend", "backend", "database"];
function claimsOf(services, explicit, project = projectAt("")) {
  const { directory, toProject, toRepository } = project;
  const scopes = services.map((service) => {
    const built = toRepository(service.context);
    const wide = built !== void 0 && isBelow(directory, built) ? built : void 0;
    const context = wide === void 0 ? built : void 0;
    const categories = wide !== void 0 || explicit(service.name) ? service.categories : [];
    return {
      service,
      categories,
      paths: compilePatterns(service.paths, `services.${service.name}.paths`),
      context,
      wide: service.paths.some(namesOutside) ? void 0 : wide,
      dockerfile: toRepository(service.dockerfile),
      open: wide !== void 0 && service.paths.length === 0 && categories.length === 0,
      own: categories.length === 0 && (wide === void 0 || service.paths.length > 0)
    };
  });
  return (path, category) => {
    const claims = /* @__PURE__ */ new Map();
    if (category === "test") return claims;
    const file = { path, seen: toProject(path), category, outside: !isBelow(path, directory) };
    const owners = scopes.filter((scope) => isOwner(scope, file));
    for (const scope of scopes) {
      const reason = claim(scope, file, owners);
      if (reason !== void 0) claims.set(scope.service.name, reason);
    }
    if (claims.size === 0 && CODE.includes(category)) {
      for (const { service } of scopes) claims.set(service.name, `${path} belongs to no service alone`);
    }
    return claims;
  };
}
__name(claimsOf, "claimsOf");
function isOwner(scope, { path, seen, outside }) {
  const { context, wide, paths } = scope;
  if (context !== void 0 && isBelow(path, context)) return true;
  if (outside && path === scope.dockerfile) return true;
  if (outside && wide !== void 0 && isBelow(path, wide)) return true;
  const pattern = paths.match(seen);
  return pattern !== void 0 && (!outside || namesOutside(pattern));
}
__name(isOwner, "isOwner");
function claim(scope, file, owners) {
  const { path, seen, category, outside } = file;
  const pattern = scope.paths.match(seen);
  if (pattern !== void 0 && (!outside || namesOutside(pattern))) {
    return `${path} matches its path ${pattern}`;
  }
  if (category === "other") return void 0;
  if (path === scope.dockerfile) return `${path} is its Dockerfile`;
  if (owners.includes(scope)) return `${path} is in its build context`;
  if (outside && owners.length > 0) return void 0;
  if (scope.categories.includes(category)) return `${path} is ${category}`;
  const elsewhere = scope.own && owners.length > 0;
  if ((category === "shared" || category === "config") && !elsewhere) return `${path} is ${category}`;
  return scope.open && CODE.includes(category) ? `${path} is ${category}` : void 0;
}
__name(claim, "claim");
function withDependants(services, changed) {
  const all = new Map(changed);
  for (const { name, dependsOn } of services) {
    const cause = dependsOn.find((dependency) => all.has(dependency));
    if (!all.has(name) && cause !== void 0) all.set(name, `it depends on ${cause}`);
  }
  return all;
}
__name(withDependants, "withDependants");

// src/analyze/suites.ts
function suitesOf(config) {
  const { unit, e2e, performance, security } = config.test;
  const named = /* @__PURE__ */ __name((kind, suites) => Object.entries(suites).map(([name, { scope, enabled }]) => ({
    name: name === "" ? kind : `${kind}:${name}`,
    kind,
    scope,
    enabled
  })), "named");
  return [
    ...named("unit", unit),
    ...named("e2e", e2e),
    { name: "performance", kind: "performance", scope: "all", enabled: performance.enabled },
    { name: "security", kind: "security", scope: "all", enabled: security.enabled }
  ];
}
__name(suitesOf, "suitesOf");
function chooseSuites(suites, touched) {
  const skips = skipsOf(touched);
  const decisions = /* @__PURE__ */ new Map();
  const run = [];
  for (const suite of suites) {
    const decision = suite.enabled ? skips.find((skip) => skip.applies(suite))?.decision : {
      action: `skip_${suite.kind}_test`,
      reason: `test.${suite.name.replace(":", ".")} is disabled in the configuration`
    };
    if (decision === void 0) run.push(suite.name);
    else decisions.set(`${decision.action} ${decision.reason}`, decision);
  }
  for (const { decision, always } of skips) {
    if (always === true && ![...decisions.values()].includes(decision)) {
      const whole = "no suite has the scope backend, so nothing could be left out";
      decisions.set(decision.action, { ...decision, reason: `${decision.reason}; ${whole}` });
    }
  }
  return { run, decisions: [...decisions.values()] };
}
__name(chooseSuites, "chooseSuites");
function skipsOf({ categories, testSides, manifest, everything: everything3 }) {
  const has = /* @__PURE__ */ __name((category) => categories.has(category), "has");
  const backend = has("backend") || has("database");
  const code = has("frontend") || backend || has("shared");
  if (everything3 || has("shared") || has("config") && code) return [];
  if (has("config")) return onlyConfig(has("test"), manifest);
  const side = has("frontend") && !backend ? "frontend" : backend && !has("frontend") ? "backend" : void 0;
  if (side === void 0) return [];
  const skips = [];
  const other = side === "frontend" ? "backend" : "frontend";
  const own = side === "frontend" ? ["frontend"] : ["backend", "database"];
  if ([...testSides].every((tested) => own.includes(tested))) {
    skips.push({
      applies: /* @__PURE__ */ __name((suite) => suite.scope === other, "applies"),
      decision: { action: `skip_${other}_test`, reason: `no ${other} file changed` },
      ...side === "frontend" && { always: true }
    });
  }
  if (side === "backend") {
    skips.push({
      applies: /* @__PURE__ */ __name((suite) => suite.kind === "performance", "applies"),
      decision: { action: "skip_performance_test", reason: "only backend changed" }
    });
  }
  return skips;
}
__name(skipsOf, "skipsOf");
function onlyConfig(tests, manifest) {
  const skips = [];
  if (!tests) {
    skips.push({
      applies: /* @__PURE__ */ __name((suite) => suite.kind === "unit", "applies"),
      decision: { action: "skip_unit_test", reason: "only configuration changed" }
    });
  }
  if (!manifest) {
    skips.push({
      applies: /* @__PURE__ */ __name((suite) => suite.kind === "security", "applies"),
      decision: {
        action: "skip_security_test",
        reason: "only configuration changed, and no dependency manifest"
      }
    });
  }
  return skips;
}
__name(onlyConfig, "onlyConfig");

// src/analyze/planning.ts
function emptyPlan(head, reason) {
  return {
    base: "",
    head,
    categories: noFiles(),
    suites: [],
    services: [],
    decisions: [{ action: "skip_pipeline", reason }],
    files: [],
    because: {},
    source: "none",
    skipped: reason,
    findings: [],
    warnings: []
  };
}
__name(emptyPlan, "emptyPlan");
function planOf(input) {
  const { config, services, classifier, head, changes, project = projectAt("") } = input;
  const classified = /* @__PURE__ */ new Map();
  const classify = /* @__PURE__ */ __name((path) => {
    const known = classified.get(path) ?? categoryOf(path, classifier, project);
    classified.set(path, known);
    return known;
  }, "classify");
  const claims = claimsOf(services, (name) => config.services?.[name]?.categories !== void 0, project);
  const selected = select(changes, (path) => claims(path, classify(path).category));
  const files = [...selected.files.values()].sort((a, b) => a.path < b.path ? -1 : 1);
  const paths = new Set(files.flatMap(pathsOf));
  const categories = noFiles();
  for (const path of paths) categories[classify(path).category].push(path);
  const because = Object.fromEntries([...paths].map((path) => [path, classify(path).because]));
  const whole = changes.find((group) => group.changes.source === "everything")?.changes;
  const everything3 = whole !== void 0;
  const affected = withDependants(services, selected.affected);
  const base = mainGroup(changes)?.changes.base ?? "";
  const bases = Object.fromEntries(
    changes.flatMap((group) => group.services.map((name) => [name, group.changes.base]))
  );
  const plan = {
    ...emptyPlan(head, ""),
    base,
    bases,
    categories,
    files: files.map(({ path, status, previous_path }) => ({
      path,
      status,
      ...previous_path !== void 0 && { previous_path }
    })),
    because,
    source: [...new Set(changes.map((group) => group.changes.source))].join("+") || "none",
    decisions: []
  };
  delete plan.skipped;
  const present = new Set(CATEGORIES.filter((category) => categories[category].length > 0));
  present.delete("other");
  const unknown2 = changes.some((group) => group.changes.unknown === true);
  if (present.size === 0 && affected.size === 0 && !unknown2) {
    const where = changes.some((group) => group.changes.elsewhere === true) ? `in ${project.directory} ` : "";
    const reason = paths.size === 0 ? `nothing changed ${where}since ${base === "" ? "the last deployment" : base.slice(0, 7)}` : `only files that are not part of the application changed (${[...paths].slice(0, 3).join(", ")}${paths.size > 3 ? ", ..." : ""})`;
    return { ...plan, skipped: reason, decisions: [{ action: "skip_pipeline", reason }] };
  }
  const suites = chooseSuites(suitesOf(config), {
    categories: present,
    testSides: new Set(categories.test.map((path) => classifier.sideOf(project.toProject(path)))),
    manifest: categories.config.some(isManifest),
    everything: everything3
  });
  return {
    ...plan,
    suites: suites.run,
    services: services.map(({ name }) => name).filter((name) => affected.has(name)),
    decisions: [
      ...whole ? [{ action: "run_everything", reason: whole.reason ?? "" }] : [],
      ...suites.decisions,
      ...serviceDecisions(services, affected),
      ...databaseDecision(categories.database)
    ]
  };
}
__name(planOf, "planOf");
function categoryOf(path, classifier, { directory, toProject }) {
  if (path === directory) return { category: "shared", because: "it is the whole project" };
  return classifier.classify(toProject(path));
}
__name(categoryOf, "categoryOf");
function select(groups, claimedBy) {
  const files = /* @__PURE__ */ new Map();
  const affected = /* @__PURE__ */ new Map();
  const main = mainGroup(groups);
  const latest = new Set(main?.changes.files);
  for (const { services, changes } of groups) {
    for (const file of changes.files) {
      let counts = latest.has(file);
      for (const path of pathsOf(file)) {
        const claims = claimedBy(path);
        for (const name of services) {
          const reason = claims.get(name);
          if (reason === void 0) continue;
          counts = true;
          if (!affected.has(name)) affected.set(name, reason);
        }
      }
      if (counts && !files.has(file.path)) files.set(file.path, file);
    }
    if (changes.source !== "everything") continue;
    for (const name of services) affected.set(name, changes.reason ?? "");
  }
  return { files, affected };
}
__name(select, "select");
function mainGroup(groups) {
  return groups.filter((group) => group.changes.unknown !== true).sort((a, b) => a.changes.files.length - b.changes.files.length)[0];
}
__name(mainGroup, "mainGroup");
function pathsOf(file) {
  return file.status === "renamed" && file.previous_path !== void 0 ? [file.path, file.previous_path] : [file.path];
}
__name(pathsOf, "pathsOf");
function serviceDecisions(services, affected) {
  if (affected.size === 0) {
    const reason = "no changed file is part of a service";
    return [
      { action: "skip_build", reason },
      { action: "skip_deploy", reason }
    ];
  }
  return services.map(({ name }) => {
    const reason = affected.get(name);
    return reason === void 0 ? { action: `skip_build_${name}`, reason: `no changed file concerns ${name}` } : { action: `build_${name}`, reason };
  });
}
__name(serviceDecisions, "serviceDecisions");
function databaseDecision(files) {
  const first = files[0];
  if (first === void 0) return [];
  const more = files.length > 1 ? ` and ${files.length - 1} more` : "";
  return [
    { action: "migration_needed", reason: `${first}${more} changed: the database may need a migration` }
  ];
}
__name(databaseDecision, "databaseDecision");
function noFiles() {
  return Object.fromEntries(CATEGORIES.map((category) => [category, []]));
}
__name(noFiles, "noFiles");

// src/analyze/sources/compare.ts
var FILE_LIMIT = 300;
var ApiFile = object({
  filename: string().min(1),
  status: string(),
  previous_filename: string().min(1).optional(),
  sha: string().nullish()
});
var ApiFiles = array(ApiFile);
var Comparison = object({
  status: _enum(["ahead", "identical", "behind", "diverged"]),
  behind_by: number().int(),
  merge_base_commit: object({ sha: string() }),
  files: ApiFiles
});
async function compare(github, base, head) {
  let data;
  try {
    const answer = await github.request("GET /repos/{owner}/{repo}/compare/{basehead}", {
      basehead: `${base}...${head}`,
      // The files come whole on page 1; the commits are not needed.
      page: 1,
      per_page: 1
    });
    data = answer.data;
  } catch (error) {
    const status2 = statusOf(error);
    if (status2 === 404 || status2 === 422) return { kind: "missing" };
    throw error;
  }
  const parsed = Comparison.safeParse(data);
  if (!parsed.success) return { kind: "inexact", why: "the comparison came back incomplete" };
  const { status, behind_by, files, merge_base_commit } = parsed.data;
  const mergeBase = merge_base_commit.sha;
  if (status !== "ahead" && status !== "identical" || behind_by !== 0) {
    return { kind: "inexact", why: `the commits have ${status} histories`, mergeBase };
  }
  if (files.length >= FILE_LIMIT) {
    return { kind: "inexact", why: `the comparison lists at most ${FILE_LIMIT} files`, mergeBase };
  }
  if (files.length === 0 && status === "ahead") {
    return { kind: "inexact", why: "the comparison lists no file for new commits", mergeBase };
  }
  return { kind: "exact", files: files.map(fromApi), mergeBase };
}
__name(compare, "compare");
var STATUSES = /* @__PURE__ */ new Set(["added", "modified", "removed", "renamed", "copied", "changed"]);
function fromApi(file) {
  const moved = file.status === "renamed" || file.status === "copied";
  return {
    path: file.filename,
    status: STATUSES.has(file.status) ? file.status : "changed",
    ...moved && file.previous_filename !== void 0 && { previous_path: file.previous_filename },
    ...file.sha && file.status !== "removed" && { sha: file.sha }
  };
}
__name(fromApi, "fromApi");

// src/analyze/sources/pull-request.ts
var FILE_LIMIT2 = 3e3;
var PAGE = 100;
var PullRequest = object({
  changed_files: number().int(),
  head: object({ sha: string() })
});
async function pullRequestFiles(github, number2, headSha) {
  const answer = await github.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
    pull_number: number2
  });
  const pull = PullRequest.safeParse(answer.data);
  if (!pull.success) return { why: "the pull request came back incomplete" };
  if (pull.data.head.sha !== headSha) return { why: "the pull request has newer commits" };
  const expected = pull.data.changed_files;
  if (expected >= FILE_LIMIT2) return { why: `GitHub lists at most ${FILE_LIMIT2} files of a pull request` };
  const files = [];
  for (let page = 1; files.length < expected; page += 1) {
    const listed = await github.request("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", {
      pull_number: number2,
      per_page: PAGE,
      page
    });
    const parsed = ApiFiles.safeParse(listed.data);
    if (!parsed.success || parsed.data.length === 0) {
      return { why: `the pull request changes ${expected} files but only ${files.length} were listed` };
    }
    files.push(...parsed.data.map(fromApi));
  }
  return files.length === expected ? { files } : { why: "the pull request changed while it was read" };
}
__name(pullRequestFiles, "pullRequestFiles");

// src/analyze/sources/resolve.ts
var MissingBase = class extends Error {
  static {
    __name(this, "MissingBase");
  }
};
async function resolveChanges(sources, bases, head) {
  for (const base of bases) {
    if (base.kind === "everything") return everything2(sources, head, base.name);
    try {
      return await fromBase(sources, base, head);
    } catch (error) {
      if (isPermission(error)) throw error;
      if (error instanceof MissingBase) {
        sources.warn(`${capital(base.name)} (${error.message}) no longer exists.`);
      } else {
        sources.warn(`What changed since ${base.name} could not be found out: ${messageOf(error)}.`);
        return everything2(sources, head, "no source could say what changed", isUnavailable(error));
      }
    }
  }
  return everything2(sources, head, "there is nothing to compare with");
}
__name(resolveChanges, "resolveChanges");
async function fromBase(sources, base, head) {
  if (base.kind === "commit") return between(sources, base.sha, head);
  if (base.kind === "merge-base") return sinceMergeBase(sources, base.branch, head);
  const listed = await pullRequestFiles(sources.github, base.number, base.headSha).catch(
    (error) => ({ why: messageOf(error) })
  );
  if ("files" in listed) return { files: listed.files, source: "pull-request", base: base.baseSha };
  sources.log.debug(`Walking the trees of the pull request: ${listed.why}.`);
  const from = await mergeBaseOf(sources, base.baseSha, base.headSha);
  return between(sources, from, base.headSha);
}
__name(fromBase, "fromBase");
async function sinceMergeBase(sources, branch, head) {
  const local = await sources.checkout?.commit(`refs/remotes/origin/${branch}`);
  const here = local && await sources.checkout?.mergeBase(local, head);
  const from = here ?? await mergeBaseOf(sources, branch, head);
  return between(sources, from, head);
}
__name(sinceMergeBase, "sinceMergeBase");
async function mergeBaseOf(sources, base, head) {
  const compared = await compare(sources.github, base, head);
  if (compared.kind === "missing") throw new MissingBase(base);
  if (compared.mergeBase === void 0) throw new Error("GitHub did not name the merge base");
  return compared.mergeBase;
}
__name(mergeBaseOf, "mergeBaseOf");
async function between(sources, base, head) {
  if (base === head) return { files: [], source: "same-commit", base };
  const { checkout, github, log } = sources;
  if (await checkout?.commit(base) && await checkout?.commit(head)) {
    try {
      return { files: await checkout?.diff(base, head) ?? [], source: "git", base };
    } catch (error) {
      log.debug(`git could not compare the commits: ${messageOf(error)}.`);
    }
  }
  try {
    const compared = await compare(github, base, head);
    if (compared.kind === "exact") return { files: compared.files, source: "compare", base };
    log.debug(
      compared.kind === "inexact" ? `Walking the trees: ${compared.why}.` : "Walking the trees: GitHub cannot compare the commits."
    );
  } catch (error) {
    if (isPermission(error) || [403, 429].includes(statusOf(error) ?? 0)) throw error;
    log.debug(`The comparison failed: ${messageOf(error)}.`);
  }
  const headTree = await headTreeOf(github, head, await checkout?.commit(head) !== void 0);
  const baseTree = await treeOf(github, base).catch((error) => {
    throw isUnknownCommit(error) ? new MissingBase(base) : error;
  });
  return { files: toChanges(await walkTrees(github, baseTree, headTree)), source: "tree-walk", base };
}
__name(between, "between");
async function everything2(sources, head, reason, offline = false) {
  const { checkout, github, log } = sources;
  log.info(`Everything counts as changed: ${reason}.`);
  try {
    const local = await checkout?.commit(head) && await checkout?.list(head);
    if (!local && offline) throw new Error("GitHub is unavailable");
    const entries = local ? local.map((entry) => ({ path: entry.path, new: entry })) : await walkTrees(github, void 0, await headTreeOf(github, head));
    return { files: toChanges(entries), source: "everything", base: "", reason };
  } catch (error) {
    if (isPermission(error)) throw error;
    sources.warn(
      `The files of ${head} could not be listed: ${messageOf(error)}. Everything is tested and built, and nothing was scanned.`
    );
    return { files: [], source: "everything", base: "", reason, unknown: true };
  }
}
__name(everything2, "everything");
async function headTreeOf(github, head, isHere = false) {
  try {
    return await treeOf(github, head);
  } catch (error) {
    if (statusOf(error) !== 404 || isHere) throw error;
    throw new AutopilotError("GITHUB_PERMISSION", {
      what: `The commit ${head} of ${github.owner}/${github.repo} cannot be read.`,
      why: 'GitHub answers "not found" where the token lacks the permission `contents: read`.',
      fix: "Add `contents: read` (or `contents: write`) to the `permissions` of the job.",
      cause: error
    });
  }
}
__name(headTreeOf, "headTreeOf");
var isUnknownCommit = /* @__PURE__ */ __name((error) => [404, 409, 422].includes(statusOf(error) ?? 0), "isUnknownCommit");
var isUnavailable = /* @__PURE__ */ __name((error) => error instanceof AutopilotError && error.code === "GITHUB_UNAVAILABLE", "isUnavailable");
var isPermission = /* @__PURE__ */ __name((error) => error instanceof AutopilotError && error.code === "GITHUB_PERMISSION", "isPermission");
var messageOf = /* @__PURE__ */ __name((error) => error instanceof Error ? error.message : String(error), "messageOf");
var capital = /* @__PURE__ */ __name((text) => text.charAt(0).toUpperCase() + text.slice(1), "capital");

// src/analyze/unmatched.ts
async function unmatchedPatterns(userLists, services, paths) {
  const lists = [
    ...userLists,
    ...services.filter((service) => service.paths.length > 0).map(({ name, paths: own }) => {
      const where = `services.${name}.paths`;
      return { where, list: compilePatterns(own, where) };
    })
  ];
  const all = lists.length === 0 ? void 0 : await paths();
  if (all === void 0) return [];
  return lists.flatMap(
    ({ where, list }) => list.unmatched(all).map((pattern) => {
      const hint = pattern.includes("/") ? "" : `; for any directory, write "**/${pattern}"`;
      return `${where}: the pattern ${JSON.stringify(pattern)} matches no file of the repository${hint}.`;
    })
  );
}
__name(unmatchedPatterns, "unmatchedPatterns");

// src/analyze/analyze.ts
async function analyze(input, effects) {
  const { event, services, config } = input;
  refuse(event);
  if (event.deleted === true || isZeroSha(event.after)) {
    return emptyPlan(event.sha, "the branch was deleted");
  }
  const warnings = [];
  const { checkout, project, root } = await findCheckout(effects.run, input.workspace, input.directory ?? "");
  const sources = {
    github: withPatience(effects.github, effects.now ?? Date.now),
    checkout,
    log: effects.log,
    warn: /* @__PURE__ */ __name((message) => void (warnings.includes(message) || warnings.push(message)), "warn")
  };
  const classifier = createClassifier(config.analyze.patterns);
  const head = await headOf(event, sources);
  const concerns = membership(project, services, classifier);
  const changes = (await changesOfServices(input, sources, head)).map((group) => ({
    ...group,
    changes: within(group.changes, concerns)
  }));
  const draft = planOf({ config, services, classifier, head, changes, project });
  warnings.push(...removedServices(input));
  warnings.push(
    ...await unmatchedPatterns(
      classifier.userLists,
      services,
      async () => (await pathsOf2(sources, head, effects.log))?.map(project.toProject)
    )
  );
  const { scan, WORKSPACE_LIMITS, API_LIMITS } = await import("./safety-scan-LWE4Y3XR.js");
  const present = changes.flatMap((group) => group.changes.files).filter((file) => file.status !== "removed");
  const local = checkout?.head === head ? checkoutReader({ prefix: root, read: effects.readFile, blob: checkout.blob }, present) : void 0;
  const limits = local ? WORKSPACE_LIMITS : API_LIMITS;
  const toRead = draft.files.filter((file) => file.status !== "removed").map(({ path }) => toScan(path, classifier, project));
  const byApi = /* @__PURE__ */ __name(() => apiReader(
    sources.github,
    present,
    toRead.slice(0, limits.files).map(({ path }) => path)
  ), "byApi");
  const scanned = await scan(toRead, local ?? byApi(), limits);
  return {
    ...draft,
    findings: scanned.findings,
    warnings: [...warnings, ...draft.warnings, ...scanned.warnings]
  };
}
__name(analyze, "analyze");
function within(changes, concerns) {
  const files = changesWithin(changes.files, concerns);
  return { ...changes, files, ...files.length < changes.files.length && { elsewhere: true } };
}
__name(within, "within");
function toScan(path, classifier, { toProject }) {
  return { path, category: classifier.classify(toProject(path)).category };
}
__name(toScan, "toScan");
function removedServices({ services, deployedCommits }) {
  return Object.keys(deployedCommits).filter((name) => !services.some((one) => one.name === name)).map(
    (name) => `The service ${name} is deployed but no longer in the configuration: it keeps running until you stop it.`
  );
}
__name(removedServices, "removedServices");
function refuse(event) {
  if (event.name === "pull_request_target") {
    throw new AutopilotError("EVENT_REFUSED", {
      what: "The event pull_request_target is refused.",
      why: "It runs with the secrets of this repository on code that anybody may have written.",
      fix: "Use `on: pull_request` for checks and `on: push` for deployments."
    });
  }
  if (event.deleted !== true && !isSha(event.sha)) {
    throw new AutopilotError("EVENT_REFUSED", {
      what: `The event ${event.name} names no commit (${JSON.stringify(event.sha)}).`,
      fix: "Run the action in a workflow, where GITHUB_SHA is set."
    });
  }
}
__name(refuse, "refuse");
async function headOf(event, { checkout, github }) {
  if (!event.ref.startsWith("refs/tags/")) return event.sha;
  const local = await checkout?.commit(event.sha);
  if (local !== void 0) return local;
  let sha = event.sha;
  for (let depth = 0; depth < 5; depth += 1) {
    try {
      const { data } = await github.request(
        "GET /repos/{owner}/{repo}/git/tags/{tag_sha}",
        { tag_sha: sha }
      );
      if (!isSha(data?.object?.sha)) return sha;
      sha = data.object.sha;
      if (data.object.type !== "tag") return sha;
    } catch (error) {
      if (statusOf(error) === 404 || statusOf(error) === 422) return sha;
      throw error;
    }
  }
  return sha;
}
__name(headOf, "headOf");
async function changesOfServices({ services, event, config, deployedCommits, triedBefore = false }, sources, head) {
  const groups = /* @__PURE__ */ new Map();
  const anyDeployed = services.some(({ name }) => isSha(deployedCommits[name]));
  for (const { name } of services) {
    const deployed = Object.hasOwn(deployedCommits, name) ? deployedCommits[name] : void 0;
    if (deployed !== void 0 && !isSha(deployed)) {
      sources.warn(
        `The state names ${JSON.stringify(deployed)} as the commit of ${name}, which is no commit.`
      );
    }
    const bases = basesOf({
      event,
      mode: config.analyze.base,
      deployed: isSha(deployed) ? deployed : void 0,
      triedBefore: triedBefore || anyDeployed || deployed !== void 0
    });
    const key = JSON.stringify(bases);
    const group = groups.get(key);
    if (group) group.services.push(name);
    else groups.set(key, { bases, services: [name] });
  }
  const found = [];
  for (const { bases, services: names } of groups.values()) {
    found.push({ services: names, changes: await resolveChanges(sources, bases, head) });
  }
  return found;
}
__name(changesOfServices, "changesOfServices");
async function pathsOf2({ checkout, github }, head, log) {
  try {
    const commit = await checkout?.commit(head);
    if (checkout && commit) return (await checkout.list(commit)).map(({ path }) => path);
    return (await walkTrees(github, void 0, await treeOf(github, head))).map(({ path }) => path);
  } catch (error) {
    log.debug(`The patterns were not checked against the repository: ${String(error)}`);
    return void 0;
  }
}
__name(pathsOf2, "pathsOf");

// src/pipeline/stages/analyze.ts
async function analyzeStage(context, { commit }) {
  const { config, services, event, effects, store, targetName } = context;
  const { file } = await store.read();
  const found = await analyze(
    {
      config,
      services,
      event: { ...analyzeEventOf(event), sha: commit },
      deployedCommits: file.deployed_commits[targetName] ?? {},
      triedBefore: file.pipelines.some((run) => run.target === targetName && run.finished_at !== null),
      workspace: event.workspace,
      directory: await directoryWithin(event.workspace, context.directory)
    },
    {
      github: effects.github,
      run: effects.run,
      log: effects.log,
      readFile: effects.readFile,
      now: /* @__PURE__ */ __name(() => effects.clock.now().getTime(), "now")
    }
  );
  const plan = { ...found, decisions: [...checkoutDecision(event, commit), ...found.decisions] };
  report(plan, context);
  const critical = plan.findings.filter((finding) => finding.severity === "CRITICAL");
  if (critical.length > 0) {
    const reason = `${critical.length} CRITICAL finding(s) in the changed files, the first: ${critical[0]?.message ?? ""}`;
    return { status: "failed", reason, found: { analyze: plan }, end: { status: "failed", reason } };
  }
  if (plan.skipped !== void 0) {
    return { status: "passed", found: { analyze: plan }, end: { status: "skipped", reason: plan.skipped } };
  }
  const status = plan.warnings.length + plan.findings.length > 0 ? "warning" : "passed";
  return { status, found: { analyze: plan } };
}
__name(analyzeStage, "analyzeStage");
function report(plan, { effects: { log } }) {
  log.info(
    plan.base === "" ? `All ${plan.files.length} file(s) count as changed` : `${plan.files.length} changed file(s) since ${plan.base.slice(0, 7)}, as said by ${plan.source}`
  );
  for (const [category, paths] of Object.entries(plan.categories)) {
    if (paths.length > 0)
      log.info(
        `  ${category}: ${paths.length} (${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", ..." : ""})`
      );
  }
  log.info(`Suites to run: ${plan.suites.join(", ") || "none"}`);
  log.info(`Services to build and deploy: ${plan.services.join(", ") || "none"}`);
  for (const { action, reason } of plan.decisions) log.info(`Decision ${action}: ${reason}`);
  for (const warning of plan.warnings) log.warning(warning);
  for (const finding of plan.findings) {
    const place = { file: finding.file, ...finding.line === void 0 ? {} : { line: finding.line } };
    if (finding.severity === "CRITICAL") log.error(finding.message, place);
    else log.warning(finding.message, place);
  }
}
__name(report, "report");
function analyzeEventOf(event) {
  const { before, after, pullRequest, mergeGroup } = event;
  return {
    name: event.eventName,
    sha: event.sha,
    ref: event.ref,
    deleted: event.deleted,
    forced: event.forced,
    defaultBranch: event.defaultBranch,
    ...before === void 0 ? {} : { before },
    ...after === void 0 ? {} : { after },
    ...pullRequest === void 0 ? {} : { pullRequest },
    ...mergeGroup === void 0 ? {} : { baseSha: mergeGroup.baseSha, headSha: mergeGroup.headSha }
  };
}
__name(analyzeEventOf, "analyzeEventOf");

export {
  analyzeStage,
  analyzeEventOf
};

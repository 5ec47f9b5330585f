import { describe, expect, test } from '@jest/globals';
import { createClassifier, isManifest } from '../../../src/analyze/categories.ts';
import type { Category } from '../../../src/analyze/plan.ts';

// Rules A1 and A2 for the layouts that people have: each file lands where a person would put it. Where nobody can tell whose
// it is, it is `shared`, so that everything is built; a wrong side would leave a change undeployed.

const { classify } = createClassifier({});

const LAYOUTS: Record<string, Partial<Record<Category, string[]>>> = {
  'the issue’s own list': {
    config: ['apps/web/Dockerfile', 'apps/web/package.json', 'requirements.txt', 'go.mod', 'compose.yaml'],
    database: ['services/api/migrations/0001_init.py', 'services/api/migrations/0001.sql'],
    test: ['services/api/user_test.go'],
  },
  'Next.js, app router': {
    frontend: [
      'app/[id]/page.tsx',
      'app/(group)/layout.tsx',
      'app/(shop)/[...slug]/page.ts',
      'app/@modal/(.)photo/[id]/page.tsx',
      'src/app/(shop)/page.tsx',
      'next.config.mjs',
      'public/images/logo.png',
    ],
    backend: ['app/api/users/[id]/route.ts', 'src/app/api/users/route.ts', 'pages/api/hello.ts'],
    shared: ['middleware.ts', 'instrumentation.ts', 'lib/format.ts'],
  },
  turborepo: {
    frontend: [
      'apps/web/app/page.ts',
      'apps/web/src/app/api/login/route.ts',
      'packages/ui/src/button.tsx',
      'packages/ui/src/index.ts',
      'packages/ui/src/api/client.ts',
      'packages/ui/src/button.stories.ts',
      'apps/docs/app/page.tsx',
    ],
    backend: ['apps/api/src/main.ts', 'packages/api/src/router.ts', 'apps/server/src/index.ts'],
    database: ['packages/db/schema.prisma', 'packages/db/src/index.ts', 'packages/database/index.ts'],
    config: ['turbo.json', 'pnpm-workspace.yaml', 'packages/ui/package.json', 'packages/ui/tsconfig.json'],
    // A library that both sides may import.
    shared: [
      'packages/utils/src/index.ts',
      'packages/core/src/models/user.ts',
      'packages/sdk/src/api/client.ts',
      'packages/validators/src/services/order.js',
      'apps/worker/src/index.ts',
    ],
  },
  'a React app beside its server': {
    frontend: [
      'client/src/index.js',
      'client/src/api/users.js',
      'client/src/services/auth.ts',
      'ui/src/routes/home.ts',
      'src/client/api/fetch.ts',
      'src/features/orders/api/getOrders.ts',
      'src/hooks/api/useUser.ts',
      'src/components/api/Table.tsx',
    ],
    backend: ['server/index.js', 'src/server/client.ts', 'src/pages/api/hello.ts', 'web/handlers.go'],
    // Either side may call it.
    shared: [
      'web/src/main.ts',
      'web/src/api/users.ts',
      'src/lib/api/client.ts',
      'src/utils/api/url.ts',
      'src/shared/models/user.ts',
      'src/lib/api.ts',
    ],
    test: ['src/setupTests.ts', 'jest.setup.js', 'client/src/App.test.js', 'src/test-utils.ts'],
    config: [
      'client/package.json',
      'cypress.config.ts',
      'vitest.workspace.ts',
      'biome.json',
      '.eslintrc.json',
      '.prettierrc',
      '.husky/pre-commit',
    ],
  },
  SvelteKit: {
    frontend: ['src/routes/+page.svelte', 'src/routes/shop/page.css', 'src/app.html'],
    shared: [
      'static/favicon.png',
      'src/routes/+page.server.ts',
      'src/routes/shop/[id]/+page.ts',
      'src/hooks.server.ts',
    ],
    backend: ['src/routes/users.ts', 'src/routes/api/users.ts'],
  },
  Nuxt: {
    frontend: ['pages/index.vue', 'layouts/default.vue', 'nuxt.config.ts'],
    backend: ['server/api/users.ts'],
    shared: ['assets/photo.jpg', 'composables/useCart.ts', 'stores/cart.ts'],
  },
  Django: {
    backend: ['manage.py', 'shop/settings.py', 'orders/models.py', 'orders/management/commands/sync.py'],
    database: ['orders/migrations/0002_total.py', 'alembic/versions/9f1_total.py'],
    test: ['orders/tests.py', 'orders/tests/test_models.py', 'conftest.py'],
    frontend: ['orders/templates/orders/list.html', 'static/css/site.css'],
    config: [
      'requirements/base.txt',
      'requirements/prod.in',
      'requirements-dev.txt',
      'constraints.txt',
      'environment.yml',
      'poetry.lock',
      'tox.ini',
      'pytest.ini',
    ],
    // Which image serves these, nobody can tell.
    shared: [
      'orders/static/orders/app.js',
      'static/img/logo.png',
      'static/fonts/inter.woff2',
      'locale/de/LC_MESSAGES/django.po',
      'orders/fixtures/initial.json',
      'templates/mail.txt',
    ],
  },
  'Go, cmd and internal': {
    backend: ['cmd/shopd/main.go', 'internal/store/store.go', 'pkg/money/money.go', 'api/openapi.yaml'],
    database: ['internal/store/queries.sql', 'db/migrations/1_init.up.sql'],
    test: ['internal/store/store_test.go', 'internal/store/testdata/order.json', 'testdata/golden.txt'],
    config: ['go.mod', 'go.sum', 'go.work', '.golangci.yml', 'Makefile'],
    shared: ['internal/mail/welcome.tmpl', 'internal/web/static/app.js', 'proto/user.proto', 'sqlc.yaml'],
  },
  Rails: {
    backend: [
      'app/controllers/users_controller.rb',
      'app/models/user.rb',
      'config/routes.rb',
      'lib/tasks/import.rake',
      'Rakefile',
      'config.ru',
      'app/views/users/index.html.erb',
    ],
    frontend: ['app/javascript/controllers/cart_controller.js', 'app/assets/images/logo.png'],
    database: ['db/migrate/20260101_users.rb', 'db/schema.rb', 'db/seeds.rb'],
    test: ['spec/models/user_spec.rb', 'spec/rails_helper.rb', 'spec/factories/users.rb', 'test/a.yml'],
    config: ['Gemfile', 'Gemfile.lock', 'shop.gemspec', '.rubocop.yml', '.ruby-version'],
    shared: ['config/database.yml', 'config/credentials.yml.enc', 'config/locales/en.yml', 'bin/rails'],
  },
  Laravel: {
    backend: ['app/Http/Controllers/UserController.php', 'routes/web.php', 'config/app.php', 'artisan'],
    frontend: ['resources/css/app.css', 'resources/js/Pages/Home.vue', 'public/robots.txt'],
    database: ['database/migrations/2026_users.php', 'database/factories/UserFactory.php'],
    test: ['tests/Feature/LoginTest.php', 'src/Domain/MoneyTest.php'],
    config: ['composer.json', 'composer.lock', 'phpunit.xml', 'phpunit.xml.dist', 'phpstan.neon'],
    shared: ['resources/js/app.js', 'resources/lang/de.json', 'lang/de.json'],
  },
  'Spring, with Gradle or Maven': {
    backend: ['src/main/java/com/shop/App.java', 'src/main/kotlin/com/shop/App.kt'],
    database: ['src/main/resources/db/migration/V1__init.sql'],
    test: ['src/test/java/com/shop/AppTest.java', 'core/src/com/shop/MoneyTest.kt', 'it/OrderIT.java'],
    config: [
      'build.gradle.kts',
      'settings.gradle',
      'pom.xml',
      'gradlew',
      'mvnw.cmd',
      'gradle/wrapper/gradle-wrapper.properties',
    ],
    shared: [
      'src/main/resources/static/app.js',
      'src/main/resources/application.yml',
      'src/main/resources/messages.properties',
    ],
  },
  '.NET': {
    // Blazor's browser side is C# as well.
    shared: [
      'src/Shop/Orders.cs',
      'src/Web/Views/Home/Index.cshtml',
      'src/Web/appsettings.json',
      'src/Web/wwwroot/js/site.js',
    ],
    database: ['src/Data/Migrations/20260101_Init.cs'],
    test: ['Shop.Tests/OrderTests.cs', 'src/Shop/OrderTests.cs', 'Shop.Tests/Usings.cs'],
  },
  Phoenix: {
    backend: [
      'lib/shop_web/controllers/page_controller.ex',
      'lib/shop_web/templates/page.html.heex',
      'config/prod.exs',
    ],
    database: ['priv/repo/migrations/1_users.exs'],
    shared: ['assets/js/app.js', 'priv/static/app.js', 'priv/gettext/de/default.po'],
    test: ['test/shop/order_test.exs'],
    config: ['mix.exs', 'mix.lock'],
  },
  'what a server is set up with': {
    config: [
      'nginx.conf',
      'Caddyfile',
      'haproxy.cfg',
      'traefik/traefik.yml',
      'docker-bake.hcl',
      'main.tf',
      'terraform/prod.tfvars',
      'ansible/site.yml',
      'charts/app/values.yaml',
      'Taskfile.yml',
      'justfile',
      'fly.toml',
      'vercel.json',
      'netlify.toml',
      'rust-toolchain.toml',
    ],
    shared: ['entrypoint.sh', 'scripts/deploy.sh'],
  },
  'what nobody deploys': {
    other: [
      'README.md',
      'apps/web/README.md',
      'docs/static/diagram.png',
      'docs/assets/app.js',
      'LICENSE',
      '.vscode/settings.json',
      '.devcontainer/devcontainer.json',
      'mkdocs.yml',
      'screenshot.png',
    ],
  },
};

describe.each(Object.entries(LAYOUTS))('%s', (_layout, files) => {
  test.each(
    Object.entries(files).flatMap(([category, paths]) => paths.map((path) => [path, category] as const)),
  )('%s is %s', (path, category) => expect(classify(path).category).toBe(category));
});

test.each(['requirements/base.txt', 'constraints.txt', 'environment.yml', 'shop.gemspec', 'go.work'])(
  'A5: %s is a dependency manifest',
  (path) => expect(isManifest(path)).toBe(true),
);

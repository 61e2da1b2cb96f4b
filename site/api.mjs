// The API as pages: of each package what its declarations say, by typedoc. A public symbol without a description ends the build.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, LogLevel } from 'typedoc';
import { withPlaces } from './anchors.mjs';
import { API } from './contents.mjs';
import { PAGES, ROOT } from './pages.mjs';

function nameOf(home) {
  return JSON.parse(readFileSync(join(ROOT, home, 'package.json'), 'utf8')).name;
}

/** Where each of our packages has its types, for a compiler that starts outside of the workspace. */
function paths() {
  return Object.fromEntries(
    ['packages', 'apps'].flatMap((group) =>
      readdirSync(join(ROOT, group)).map((folder) => {
        const home = join(ROOT, group, folder);
        return [nameOf(join(group, folder)), [join(home, 'dist/index.d.ts')]];
      }),
    ),
  );
}

/** @throws Error if a public symbol has no description, or a description links to nothing */
export async function writeApi() {
  const folder = join(PAGES, '..', 'api-entries');
  mkdirSync(folder, { recursive: true });
  const entries = Object.keys(API).map((home) => {
    const name = nameOf(home);
    const file = join(folder, `${name.replace('@lockstep/', '')}.ts`);
    writeFileSync(file, `/** ${API[home]}.\n * @module ${name}\n */\nexport * from '${name}';\n`);
    return file;
  });
  const compilerOptions = {
    ...{ target: 'es2023', module: 'esnext', moduleResolution: 'bundler', strict: true },
    ...{ types: [], skipLibCheck: true, noEmit: true, paths: paths() },
  };
  const tsconfig = join(folder, 'tsconfig.json');
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: entries }));
  const app = await Application.bootstrapWithPlugins({
    ...{ entryPoints: entries, tsconfig, plugin: ['typedoc-plugin-markdown'] },
    ...{ readme: 'none', disableSources: true, excludePrivate: true, excludeInternal: true },
    ...{ name: 'API', hideGenerator: true, githubPages: false, logLevel: LogLevel.Warn },
    validation: {
      notExported: false,
      invalidLink: true,
      rewrittenLink: false,
      notDocumented: true,
    },
    requiredToBeDocumented: ['Enum', 'Variable', 'Function', 'Class', 'Interface', 'TypeAlias'],
    treatValidationWarningsAsErrors: true,
    outputs: [{ name: 'markdown', path: join(PAGES, 'api') }],
    // Of typedoc-plugin-markdown: a page a package, with a heading a symbol, which the site's search finds.
    outputFileStrategy: 'modules',
    ...{ entryFileName: 'index', hidePageHeader: true, hideBreadcrumbs: true },
    ...{ parametersFormat: 'table', interfacePropertiesFormat: 'table' },
    // The width is for descriptions: nearly all properties are readonly, and users need not know which interface they come from.
    tableColumnSettings: { hideModifiers: true, hideInherited: true, hideOverrides: true },
  });
  const project = await app.convert();
  if (!project) throw new Error('api: the declarations do not compile; is everything built?');
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error(
      'api: a public symbol has no description, or one that links to what is not public (see above)',
    );
  }
  await app.generateOutputs(project);
  mendPlaces(join(PAGES, 'api'));
  const list = Object.entries(API).map(
    ([home, what]) => `- [${nameOf(home)}](${nameOf(home)}.md): ${what}`,
  );
  writeFileSync(join(PAGES, 'api', 'index.md'), `# API\n\n${list.join('\n')}\n`);
}

/** Writes the pages anew, with places that can be linked to. */
function mendPlaces(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.md'));
  const pages = new Map(
    names.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(folder, name), 'utf8')]),
  );
  for (const [name, text] of withPlaces(pages)) writeFileSync(join(folder, name), text);
}

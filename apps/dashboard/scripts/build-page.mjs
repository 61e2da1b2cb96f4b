// Builds the page, twice: dist/page, files for a server, with what only some tabs need in files of its own; and
// dist/report/index.html, the same page with everything in one file, which lacks only the data of a report.
// Invariant: neither asks any other host for anything, and the served page has no script in its HTML, so that it runs under a
// strict Content-Security-Policy.
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'vite';

const PAGE = 'src/page';
const SHARED = {
  root: PAGE,
  base: './',
  configFile: false,
  envDir: false,
  logLevel: 'warn',
  worker: { format: 'es' },
};
/** Where `renderReport` puts what the report shows. */
const DATA = '<script type="application/json" id="report"></script>';
const TARGET = {
  target: 'es2022',
  // Those that know `light-dark`, which is left as it is.
  cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  modulePreload: { polyfill: false },
};

await build({
  ...SHARED,
  build: { ...TARGET, outDir: '../../dist/page', emptyOutDir: true, assetsInlineLimit: 0 },
});

const { output } = await build({
  ...SHARED,
  plugins: [workersInline()],
  // A page from a disk may start no module in a worker.
  worker: { format: 'iife' },
  build: {
    ...TARGET,
    write: false,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
mkdirSync('dist/report', { recursive: true });
writeFileSync('dist/report/index.html', inOneFile(output));

/** A worker of the report begins from a text within it: a file that is opened from a disk may load no other. */
function workersInline() {
  return {
    name: 'workers-inline',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!source.endsWith('?worker')) return null;
      return this.resolve(`${source}&inline`, importer, { skipSelf: true });
    },
  };
}

/** The HTML with its script and its styles in it. */
function inOneFile(files) {
  const html = files.find(({ fileName }) => fileName === 'index.html').source;
  const scripts = files.filter(({ type }) => type === 'chunk');
  const styles = files.filter(({ fileName }) => fileName.endsWith('.css'));
  // A tab's picture, which a file from a disk does without.
  const isKnown = ({ fileName }) => /\.(?:js|css|html)$|\bicon-[^/]*\.svg$/.test(fileName);
  if (scripts.length !== 1 || !files.every(isKnown)) {
    const names = files.map(({ fileName }) => fileName).join(', ');
    throw new Error(`report: expected one script, styles and the page, got ${names}`);
  }
  // Functions: a replacement's `$` would be read.
  return html
    .replace(/\s*<link rel="(?:stylesheet|icon)"[^>]*>/g, '')
    .replace(/\s*<script type="module"[^>]*><\/script>/, '')
    .replace(
      '</head>',
      () => `<style>${styles.map(({ source }) => source).join('\n')}</style></head>`,
    )
    .replace(
      '</body>',
      () => `${DATA}<script type="module">${withoutEnd(scripts[0].code)}</script></body>`,
    );
}

/** HTML ends a script at `</script`, wherever it stands. */
function withoutEnd(code) {
  return code.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
}

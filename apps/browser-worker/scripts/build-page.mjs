// Builds the page into dist/page: files without folders, each of a name that changes with what is in it, but for index.html.
// Invariant: it asks no other host for anything, and has no script or style in its HTML, so that it runs under a strict
// Content-Security-Policy.
import { build } from 'vite';

const NAMES = {
  entryFileNames: '[name]-[hash].js',
  chunkFileNames: '[name]-[hash].js',
  assetFileNames: '[name]-[hash][extname]',
};

await build({
  root: 'src/page',
  base: './',
  configFile: false,
  envDir: false,
  logLevel: 'warn',
  worker: { format: 'es', rolldownOptions: { output: NAMES } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    outDir: '../../dist/page',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rolldownOptions: { output: NAMES },
  },
});

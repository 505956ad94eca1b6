/** How the console is built: one page, one worker, one worklet; the server serves `dist` as it is. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const SERVER = process.env['STEMWIRE_URL'] ?? 'http://127.0.0.1:8000';

/** What the page may load before it can be used, in bytes of gzipped JavaScript: the page's chunk and all that it imports at once. */
const FIRST_LOAD = 60_000;

/** Refuses a build whose first load is larger than that. Later parts are loaded by `import()` and do not count. */
function firstLoad(): Plugin {
  return {
    name: 'first-load',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === 'chunk');
      const first = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
      for (const name of first) for (const other of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) first.add(other);
      const bytes = chunks.filter(({ fileName }) => first.has(fileName)).reduce((sum, { code }) => sum + gzipSync(code).length, 0);
      const told = `first load: ${(bytes / 1000).toFixed(1)} kB of JavaScript, gzipped; at most ${String(FIRST_LOAD / 1000)}`;
      if (bytes > FIRST_LOAD) this.error(told);
      this.info(told);
    },
  };
}

export default defineConfig({
  plugins: [svelte(), firstLoad()],
  // No inlined assets: the server's content policy allows files of its own origin only.
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  server: { headers: ISOLATED, proxy: { '/api': { target: SERVER, ws: true } } },
  preview: { headers: ISOLATED },
  test: { include: ['src/**/*.test.ts'] },
});

/** How the console is built: one page, one worker, one worklet; the server serves `dist` as it is. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const SERVER = process.env['STEMWIRE_URL'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [svelte()],
  // No inlined assets: the server's content policy allows files of its own origin only.
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  server: { headers: ISOLATED, proxy: { '/api': { target: SERVER, ws: true } } },
  preview: { headers: ISOLATED },
  test: { include: ['src/**/*.test.ts'] },
});

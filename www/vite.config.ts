import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses only: the page works from any static host under any path prefix.
  base: './',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    // A wasm module inlined as base64 would be parsed as text; always a file of its own.
    assetsInlineLimit: 0,
    // Vite's preload helper would only repeat what the browser does for this small page.
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
});

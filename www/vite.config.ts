import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { CONTENT_SECURITY_POLICY, HEADERS } from './policy';

/** The policy in the page itself, for any host, and as headers in the form that several hosts read. */
const policy: Plugin = {
  name: 'graft-policy',
  // Vite's development server has inline scripts.
  apply: 'build',
  transformIndexHtml: () => [{
    tag: 'meta',
    attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
    injectTo: 'head-prepend',
  }],
  generateBundle() {
    const lines = Object.entries(HEADERS).map(([name, value]) => `  ${name}: ${value}\n`);
    this.emitFile({ type: 'asset', fileName: '_headers', source: `/*\n${lines.join('')}` });
  },
};

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
  preview: { headers: HEADERS },
  plugins: [
    policy,
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'service-worker.ts',
      injectRegister: false,
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,svg,png,wasm,safetensors}'],
        // The networks are listed, too, but only kept once used.
        maximumFileSizeToCacheInBytes: 200e6,
      },
      manifest: {
        name: 'Graft: train an image classifier',
        short_name: 'Graft',
        description: 'Teach your browser to tell pictures apart. Nothing leaves your computer.',
        start_url: './',
        scope: './',
        display: 'standalone',
        background_color: '#f6f8f4',
        theme_color: '#f6f8f4',
        icons: [{ src: 'favicon.svg', sizes: 'any', type: 'image/svg+xml' }],
      },
    }),
  ],
});

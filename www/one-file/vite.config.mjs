// Builds the empty page of the one-file app, public/one-file.html, before the page itself is built.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';
import { oneFilePolicy } from '../policy.ts';

const PROGRAM = fileURLToPath(new URL('../wasm/extractor/extractor_bg.wasm', import.meta.url));
const FAVICON = fileURLToPath(new URL('../public/favicon.svg', import.meta.url));
/** Where the program goes; the other two places are Rust's (src/export/one_file.rs). */
const PLACE = '{graft-program}';

/** The address the generated JavaScript would load its module from: in this file it is given the bytes. */
/** @type {import('vite').Plugin} */
const withoutAddress = {
  name: 'graft-without-address',
  enforce: 'pre',
  transform: (code, id) => (id.endsWith('/extractor.js') ? code.replace(/new URL\('[\w.]+', import\.meta\.url\)/, 'undefined') : null),
};

/** Everything into the one HTML file: script, styles, icon and program. */
/** @type {import('vite').Plugin} */
const inOneFile = {
  name: 'graft-in-one-file',
  enforce: 'post',
  generateBundle(_options, bundle) {
    let [html, script, style] = ['', '', ''];
    for (const [name, file] of Object.entries(bundle)) {
      if (file.type === 'chunk') script += file.code;
      else if (name.endsWith('.html')) html = String(file.source);
      else if (name.endsWith('.css')) style += String(file.source);
      delete bundle[name];
    }
    for (const [what, text] of Object.entries({ script, style })) {
      if (!text || new RegExp(`</${what}|<!--`, 'i').test(text)) throw new Error(`the ${what} can't be put inline`);
    }
    const program = gzipSync(readFileSync(PROGRAM), { level: 9 }).toString('base64');
    const icon = `data:image/svg+xml;base64,${readFileSync(FAVICON).toString('base64')}`;
    const policy = `<meta http-equiv="Content-Security-Policy" content="${oneFilePolicy(hashOf(script), hashOf(style))}" />`;
    // Replacements are functions: in a text, `$&` would mean something.
    const source = html
      .replace(/\s*<link rel="(stylesheet|icon)"[^>]*>/g, '')
      .replace(/<script type="module"[^>]*><\/script>/, () => `<style>${style}</style>\n    <link rel="icon" href="${icon}" />\n    <script type="module">${script}</script>`)
      .replace(/(<meta charset="utf-8" ?\/?>)/, (charset) => `${charset}\n    ${policy}`)
      .replace(PLACE, () => program);
    for (const part of [policy, script, style, program]) {
      if (!source.includes(part)) throw new Error('one-file/index.html has no place for a part of the app');
    }
    this.emitFile({ type: 'asset', fileName: 'one-file.html', source });
  },
};

function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  publicDir: false,
  build: {
    outDir: '../public',
    emptyOutDir: false,
    target: 'es2022',
    // The first browsers with all that the app needs; colors in pairs for light and dark are younger.
    cssTarget: ['chrome103', 'firefox113', 'safari16.4'],
    modulePreload: false,
    reportCompressedSize: false,
  },
  worker: { format: 'iife', plugins: () => [withoutAddress] },
  plugins: [withoutAddress, inOneFile],
});

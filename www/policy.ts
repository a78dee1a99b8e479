// What the page may do, in the browser's own terms: the one definition for the page, headers and docs.

/** Everything from where the page is from; no inline scripts; nowhere to send anything to. */
const DIRECTIVES = {
  'default-src': "'none'",
  // WebAssembly is compiled, not evaluated from text.
  'script-src': "'self' 'wasm-unsafe-eval'",
  // A worker from a blob inherits this policy whatever its host sends; see src/spawn.ts.
  'worker-src': "'self' blob:",
  'style-src': "'self'",
  // Colors of classes and places of marks are set on elements.
  'style-src-attr': "'unsafe-inline'",
  'img-src': "'self' blob: data:",
  'media-src': "'self' blob:",
  'connect-src': "'self'",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'require-trusted-types-for': "'script'",
  // Lit's own, and the default of src/spawn.ts.
  'trusted-types': 'default lit-html',
};

export const CONTENT_SECURITY_POLICY = policyOf(DIRECTIVES);

/** For hosts that can send headers. `frame-ancestors` only works as one. */
export const HEADERS = {
  'Content-Security-Policy': `${CONTENT_SECURITY_POLICY}; frame-ancestors 'self'`,
  'Permissions-Policy': 'camera=(self), microphone=(), geolocation=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * For the one-file app, which is opened from a disk: only what is in the file, told by its hash, and no way to send
 * anything. Its worker starts from a blob and inherits this.
 */
export function oneFilePolicy(script: string, style: string): string {
  return policyOf({
    'default-src': "'none'",
    'script-src': `'${script}' 'wasm-unsafe-eval'`,
    'worker-src': 'blob:',
    'style-src': `'${style}'`,
    'img-src': 'blob: data:',
    'media-src': 'blob:',
    'connect-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
  });
}

function policyOf(directives: Record<string, string>): string {
  return Object.entries(directives).map((directive) => directive.join(' ')).join('; ');
}

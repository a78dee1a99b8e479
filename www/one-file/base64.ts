// Base64 in, bytes out.

/** Younger than what the app asks of a browser, and twenty times as fast. */
type WithBase64 = typeof Uint8Array & { fromBase64?(text: string): Uint8Array<ArrayBuffer> };

/** Throws when it is no base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as WithBase64).fromBase64;
  if (native) return native.call(Uint8Array, base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

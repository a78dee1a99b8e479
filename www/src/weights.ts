// The backbone's weights, fetched once, with progress.

/** Beside index.html, wherever that is served from. */
const ADDRESS = 'weights/efficientnet-lite0.safetensors';

export async function fetchWeights(onProgress: (loaded: number, total: number) => void): Promise<Uint8Array> {
  const response = await fetch(new URL(ADDRESS, document.baseURI));
  if (!response.ok || !response.body) throw new Error(`${ADDRESS}: the server answered ${response.status}`);
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  for (let reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.byteLength;
    onProgress(loaded, total);
  }
  return joined(chunks, loaded);
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

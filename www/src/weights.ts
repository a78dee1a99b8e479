// Large files beside the page, fetched once, with progress: backbones' weights, and others on demand.

const kept = new Map<string, Uint8Array>();

type Progress = (loaded: number, total: number) => void;

export async function fetchWeights(backbone: string, onProgress: Progress, signal?: AbortSignal): Promise<Uint8Array> {
  const weights = kept.get(backbone) ?? await fetchFile(`weights/${backbone}.safetensors`, onProgress, signal);
  kept.set(backbone, weights);
  return weights;
}

/** `address` is beside index.html; `total` is 0 while unknown. Rejects when the server has no such file, or on `signal`. */
export async function fetchFile(address: string, onProgress: Progress, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(new URL(address, document.baseURI), { signal: signal ?? null });
  if (!response.ok || !response.body) throw new Error(`${address}: the server answered ${response.status}`);
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

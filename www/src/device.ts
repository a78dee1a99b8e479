// The page's address and the browser's GPU in, the device to try first and why out.

import type { DeviceKind } from './protocol';

export interface Choice {
  device: DeviceKind;
  reason: string;
  /** Asked for by `?device=`. */
  forced: boolean;
}

/** What this needs of WebGPU; not every TypeScript library has it. */
interface Adapter {
  features: ReadonlySet<string>;
  info?: { vendor?: string; architecture?: string; device?: string; description?: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

export async function chooseDevice(search: string): Promise<Choice> {
  const asked = new URLSearchParams(search).get('device');
  if (asked === 'cpu') return { device: 'cpu', reason: 'asked for in the address', forced: true };
  if (asked === 'webgpu') return { device: 'webgpu', reason: 'asked for in the address', forced: true };
  const trouble = await whyNotWebgpu();
  return trouble
    ? { device: 'cpu', reason: trouble, forced: false }
    : { device: 'webgpu', reason: 'this browser offers a real GPU', forced: false };
}

/** `null` when WebGPU is worth trying. */
async function whyNotWebgpu(): Promise<string | null> {
  const gpu = (navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } }).gpu;
  if (!gpu) return 'no WebGPU here';
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (!adapter) return 'WebGPU finds no graphics card here';
  const info = adapter.info ?? {};
  const names = [info.vendor, info.architecture, info.device, info.description].join(' ');
  if (adapter.isFallbackAdapter || info.isFallbackAdapter || SOFTWARE.test(names)) {
    return 'the only GPU here is emulated in software, which is slower';
  }
  // Without it the GPU library fails at its first use, long after it said it was ready.
  if (!adapter.features.has('timestamp-query')) return 'the GPU here lacks timestamp queries';
  return null;
}

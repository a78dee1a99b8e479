// Counts what a page asks of WebGPU. Import it before anything that uses WebGPU.
const counts = { dispatches: 0, submits: 0, uploads: 0, passes: 0, shaders: 0, buffers: 0 };

/** What has been counted since the last call. */
export function takeCounts() {
  const taken = { ...counts };
  for (const name of Object.keys(counts)) counts[name] = 0;
  return taken;
}

function count(type, method, name) {
  const original = type.prototype[method];
  type.prototype[method] = function (...args) {
    counts[name]++;
    return original.apply(this, args);
  };
}

count(GPUComputePassEncoder, 'dispatchWorkgroups', 'dispatches');
count(GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', 'dispatches');
count(GPUQueue, 'submit', 'submits');
count(GPUQueue, 'writeBuffer', 'uploads');
count(GPUCommandEncoder, 'beginComputePass', 'passes');
count(GPUDevice, 'createShaderModule', 'shaders');
count(GPUDevice, 'createBuffer', 'buffers');

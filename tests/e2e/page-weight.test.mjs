// The first visit stays small.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGET, pageWeight, QUALITY } from './page-weight.mjs';

test('a first visit fetches no more than the budget', { timeout: 600_000 }, async () => {
  const { cpu, gpu } = await pageWeight();
  const more = gpu.total - cpu.total;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
  console.log(`First visit, brotli ${QUALITY}, weights excluded:`);
  console.table(cpu.files);
  console.table(gpu.files);
  console.log(`CPU: ${megabytes(cpu.total)} of ${megabytes(BUDGET.cpu)}; WebGPU ${megabytes(more)} more, of ${megabytes(BUDGET.gpuMore)}`);
  assert.ok(Object.keys(cpu.files).some((file) => file.startsWith('trainer_bg')), 'the trainer is among the files');
  assert.ok(cpu.total < BUDGET.cpu, `the CPU's page has ${megabytes(cpu.total)}`);
  assert.ok(more < BUDGET.gpuMore, `WebGPU adds ${megabytes(more)}`);
});

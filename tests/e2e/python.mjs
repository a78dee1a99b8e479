// The program in a model's zip, run as a stranger would.

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzip } from './zip.mjs';

/** Made by ./build.sh test from tests/python.txt. */
export const PYTHON = process.env.GRAFT_PYTHON ?? fileURLToPath(new URL('../../target/python/bin/python', import.meta.url));

/** What the program in the zip says, run as its README says; NumPy, Pillow and safetensors, no Graft. */
export async function predictedInPython(folder, zip, photo) {
  await mkdir(folder);
  for (const [name, bytes] of Object.entries(unzip(await readFile(zip)))) await writeFile(join(folder, name), bytes);
  const program = `
import json, sys
from predict import Model
model = Model("graft.safetensors")
print(json.dumps(dict(zip(model.labels, map(float, model(sys.argv[1]))))))`;
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', program, photo], { cwd: folder });
  return JSON.parse(stdout);
}

// Commands in, Events out. Owns the one trainer; never enters the wasm module twice at a time.

import './tell-requests';
import type { Trainer } from '../../wasm/trainer/trainer.js';
import cpuUrl from '../../wasm/trainer/trainer_bg.wasm?url';
import gpuUrl from '../../wasm/trainer-gpu/trainer_bg.wasm?url';
import type { FromTrainer, ToTrainer } from '../messages';
import { buffersOf } from '../messages';
import type { Command, Event } from '../protocol';

let trainer: Trainer | undefined;
let waiting: Command[] = [];
let handled = 0;
let busy = false;
/** The panic's text is only on the console; the trap itself just says "unreachable". */
let lastComplaint = '';

const complain = console.error.bind(console);
console.error = (...words: unknown[]) => {
  lastComplaint = words.map(String).join(' ').split('\n')[0] ?? '';
  complain(...words);
};

self.onmessage = ({ data }: MessageEvent<ToTrainer>) => {
  if (data.type === 'command') waiting.push(data.command);
  const step = data.type === 'start' ? start(data) : run();
  step.catch(giveUp);
};
// A trap inside a future surfaces here, and the promise that waits for it never settles.
self.addEventListener('error', (event) => giveUp(event.error ?? event.message));
self.addEventListener('unhandledrejection', (event) => giveUp(event.reason));

function giveUp(error: unknown): void {
  const trapped = error instanceof WebAssembly.RuntimeError;
  const message = error instanceof Error ? error.message : String(error);
  reply({ type: 'crashed', message: (trapped && lastComplaint) || message });
}

async function start({ device, reason, backbone }: ToTrainer & { type: 'start' }): Promise<void> {
  const onGpu = device === 'webgpu';
  // The GPU's libraries are two thirds of the larger module.
  const wasm = onGpu
    ? await import('../../wasm/trainer-gpu/trainer.js')
    : await import('../../wasm/trainer/trainer.js');
  await wasm.default({ module_or_path: countBytes(await fetch(onGpu ? gpuUrl : cpuUrl)) });
  trainer = await wasm.Trainer.create(device, reason, backbone);
  await run();
}

/** Slices of work, commands in between, until there is nothing left. */
async function run(): Promise<void> {
  if (busy || !trainer) return;
  busy = true;
  for (let more = true; more || waiting.length > 0; ) {
    const commands = waiting;
    waiting = [];
    for (const command of commands) trainer.handle(command);
    handled += commands.length;
    report(trainer.take_events() as Event[], false);
    more = await trainer.work();
    report(trainer.take_events() as Event[], !more && waiting.length === 0);
    await nextTask();
  }
  busy = false;
}

function report(events: Event[], idle: boolean): void {
  if (events.length === 0 && !idle) return;
  const binary = events.flatMap((event) => (event.type === 'exported' ? [event.bytes] : []));
  reply({ type: 'events', events, handled, idle }, buffersOf(...binary));
}

const channel = new MessageChannel();
let resume = () => {};
channel.port1.onmessage = () => resume();

/** Lets messages in. A timer would be clamped to 4 ms, and to 1 s in a hidden tab. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    resume = resolve;
    channel.port2.postMessage(null);
  });
}

/** The same response, telling the page how far it is. */
function countBytes(response: Response): Response {
  if (!response.ok || !response.body) return response;
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  let loaded = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      reply({ type: 'loading', loaded, total });
      controller.enqueue(chunk);
    },
  });
  const body = response.body.pipeThrough(counter as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>);
  return new Response(body, { headers: { 'content-type': 'application/wasm' } });
}

function reply(message: FromTrainer, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, { transfer });
}

// A camera in, RGBA frames out, one whenever asked.

import { canvasTellsTheTruth } from './worker/browser-decode';

export interface Frame {
  width: number;
  height: number;
  rgba: Uint8Array;
}

/** The camera of an id, or the one that suits. */
export async function openCamera(device?: string): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error(troubleInWords(new DOMException('', 'SecurityError')));
  try {
    // Phones: the camera that looks at things, not at the person.
    const which = device ? { deviceId: { exact: device } } : { facingMode: { ideal: 'environment' } };
    const video = { width: { ideal: 640 }, ...which };
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw new Error(troubleInWords(error));
  }
}

function troubleInWords(error: unknown): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'This page may not use the camera. Allow it in the address bar, then try again.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera was found. Plug one in, or drop a photo instead.';
    case 'NotReadableError':
      return 'The camera is busy in another program. Close that one, then try again.';
    case 'SecurityError':
      return location.protocol === 'file:'
        ? 'This browser keeps the camera from pages that are files. Open this one in Chrome, Edge or Firefox, or drop a photo instead.'
        : 'Browsers only offer the camera on https:// and localhost. Drop a photo instead.';
    default:
      return `The camera would not start (${String(error)}). Drop a photo instead.`;
  }
}

export async function grabFrame(video: HTMLVideoElement): Promise<Frame | null> {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  return (await copiedFrame(video).catch(() => null)) ?? drawnFrame(video);
}

/** Straight from the decoder: no canvas that a browser might add noise to. */
async function copiedFrame(video: HTMLVideoElement): Promise<Frame | null> {
  if (!('VideoFrame' in window)) return null;
  const frame = new VideoFrame(video);
  try {
    // Not in every TypeScript library yet.
    const options = { format: 'RGBA' } as VideoFrameCopyToOptions;
    const rgba = new Uint8Array(frame.allocationSize(options));
    await frame.copyTo(rgba, options);
    const { width, height } = frame.visibleRect!;
    return rgba.byteLength === width * height * 4 ? { width, height, rgba } : null;
  } finally {
    frame.close();
  }
}

function drawnFrame(video: HTMLVideoElement): Frame {
  if (!canvasTellsTheTruth()) {
    throw new Error('This browser blurs what pages read from the camera, to protect you from tracking.');
  }
  const { videoWidth: width, videoHeight: height } = video;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(video, 0, 0);
  return { width, height, rgba: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer) };
}

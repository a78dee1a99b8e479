// Thumbnails, the lasso and the crosshair: what is drawn over the marks with the canvas's own means.

import { type Look, DOUBTED, PLAIN } from './portrayal';
import type { Shape } from './shapes';

interface Framed {
  bitmap: ImageBitmap;
  /** Of the longer side, in CSS pixels. */
  side: number;
  look: Look;
  color: string;
  ring: number;
  ringColor: string;
  ground: string;
  /** Of the frame round a selected one; nothing round others. */
  ink: string | null;
}

/** A thumbnail round a place, framed in its look's color, with its mark in a corner. */
export function drawThumbnail(context: CanvasRenderingContext2D, x: number, y: number, framed: Framed): void {
  const { bitmap, side, look, color, ring, ringColor, ground, ink } = framed;
  const scale = side / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  const [left, top] = [x - width / 2, y - height / 2];
  const frame = (grown: number, style: string) => {
    context.fillStyle = style;
    context.fillRect(left - grown, top - grown, width + 2 * grown, height + 2 * grown);
  };
  if (ink) frame(6, ink);
  frame(3, ground);
  frame(2, color);
  context.drawImage(bitmap, left, top, width, height);
  const radius = Math.max(4.5, side / 14);
  context.save();
  context.translate(left + radius, top + radius);
  context.fillStyle = ground;
  circle(context, 1.7 * radius);
  context.fill();
  drawMark(context, look, radius, color);
  if (ring !== PLAIN) {
    context.strokeStyle = ringColor;
    context.lineWidth = 2.5;
    context.setLineDash(ring === DOUBTED ? [1.2 * radius, 0.9 * radius] : []);
    circle(context, 1.9 * radius);
    context.stroke();
  }
  context.restore();
}

export function drawLasso(context: CanvasRenderingContext2D, outline: Shape, ink: string): void {
  if (outline.length < 2) return;
  context.save();
  context.beginPath();
  for (const [x, y] of outline) context.lineTo(x, y);
  context.closePath();
  context.strokeStyle = ink;
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.stroke();
  context.restore();
}

export function drawCrosshair(context: CanvasRenderingContext2D, x: number, y: number, ink: string): void {
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [across, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
    context.moveTo(x + 5 * across, y + 5 * down);
    context.lineTo(x + 13 * across, y + 13 * down);
  }
  context.stroke();
}

function circle(context: CanvasRenderingContext2D, radius: number): void {
  context.beginPath();
  context.arc(0, 0, radius, 0, 2 * Math.PI);
}

function drawMark(context: CanvasRenderingContext2D, { shape, hollow }: Look, radius: number, color: string): void {
  context.fillStyle = context.strokeStyle = color;
  context.lineWidth = radius / 3;
  context.beginPath();
  for (const [x, y] of shape) context.lineTo(radius * x, radius * y);
  context.closePath();
  if (hollow) context.stroke();
  else context.fill();
}

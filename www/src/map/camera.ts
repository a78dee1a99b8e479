// Where one looks at the map: places on the map in, places on the screen out, and back.

const MAX_ZOOM = 300;
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

export class Camera {
  /** 1 shows everything. */
  zoom = 1;
  /** The place in the middle of the screen. */
  x = 0;
  y = 0;
  width = 1;
  height = 1;
  /** Pixels that stay free round the outermost points. */
  padding = 24;
  private halfWidth = 1;
  private halfHeight = 1;

  /** CSS pixels from -1 to 1 on the map, halved. */
  get scale(): number {
    const across = Math.max(1, this.width / 2 - this.padding) / this.halfWidth;
    const up = Math.max(1, this.height / 2 - this.padding) / this.halfHeight;
    return this.zoom * Math.min(across, up);
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
  }

  /** How far points lie from the map's middle. */
  frame(halfWidth: number, halfHeight: number): void {
    this.halfWidth = Math.max(halfWidth, 1e-3);
    this.halfHeight = Math.max(halfHeight, 1e-3);
  }

  placeAt(screenX: number, screenY: number): [number, number] {
    const { scale } = this;
    return [this.x + (screenX - this.width / 2) / scale, this.y + (screenY - this.height / 2) / scale];
  }

  panBy(pixelsX: number, pixelsY: number): void {
    const { scale } = this;
    this.x = clamp(this.x - pixelsX / scale, -this.halfWidth, this.halfWidth);
    this.y = clamp(this.y - pixelsY / scale, -this.halfHeight, this.halfHeight);
  }

  /** What is under that pixel stays there. */
  zoomBy(factor: number, screenX = this.width / 2, screenY = this.height / 2): void {
    const zoom = clamp(this.zoom * factor, 1, MAX_ZOOM);
    if (zoom === 1) return this.showAll();
    const [x, y] = this.placeAt(screenX, screenY);
    this.zoom = zoom;
    const [movedX, movedY] = this.placeAt(screenX, screenY);
    this.x += x - movedX;
    this.y += y - movedY;
    this.panBy(0, 0);
  }

  showAll(): void {
    this.zoom = 1;
    this.x = this.y = 0;
  }
}

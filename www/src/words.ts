// Numbers in, plain words out.

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}

/** Only all is "100%", only nothing is "0%"; the margin is for what rounding leaves of 1 and 0. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  const exact = share < 1e-9 || share > 1 - 1e-9;
  return `${exact ? rounded : Math.min(99, Math.max(1, rounded))}%`;
}

/** Probabilities: never "100%" or "0%" when it is not quite. */
export function probability(share: number): string {
  const tenths = Math.round(share * 1000) / 10;
  if (tenths >= 100 && share < 1) return '> 99.9%';
  if (tenths <= 0 && share > 0) return '< 0.1%';
  return `${tenths.toFixed(1)}%`;
}

/** What something adds: "+0.8", "−1.2". */
export function signed(value: number, digits = 1): string {
  const size = Math.abs(value).toFixed(digits);
  return `${Number(size) === 0 ? '±' : value > 0 ? '+' : '−'}${size}`;
}

export function timeLeft(seconds: number): string {
  if (seconds < 1) return 'a moment left';
  if (seconds < 60) return `about ${Math.ceil(seconds)} s left`;
  if (seconds < 3600) return `about ${Math.ceil(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

/** How long something takes: "40 s", "3 min". */
export function timeLength(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** With its unit: "12.3 MB", "1.2 GB". */
export function storageSize(bytes: number): string {
  return bytes < 1e9 ? `${megabytes(bytes)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

export function millis(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

/** The last part of a path. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Scores that aren't shares; nothing where there is none. */
export function hundredths(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

/** A difference of two shares, as a number of percentage points. */
export function points(difference: number): string {
  const rounded = Math.round(Math.abs(difference) * 1000) / 10;
  const shown = rounded >= 10 ? String(Math.round(rounded)) : String(rounded);
  return `${shown} ${shown === '1' ? 'point' : 'points'}`;
}

// A name and bytes in, a download out.

export function saveFile(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Some browsers start the download only after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The browser collects it, on its disk where it is large. */
export async function saveStream(name: string, stream: ReadableStream<Uint8Array>): Promise<void> {
  saveFile(name, await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob());
}

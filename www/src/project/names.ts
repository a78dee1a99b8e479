// A project's name in, a name for its file out.

/** What some file system takes amiss. */
const UNSAFE = /[\\/:*?"<>|\u0000-\u001f]+/g;

export function formatName(name: string): string {
  return `${name.replace(UNSAFE, ' ').trim().slice(0, 80) || 'project'}.graft`;
}

export function isProjectFile(path: string): boolean {
  return /\.graft$/i.test(path);
}

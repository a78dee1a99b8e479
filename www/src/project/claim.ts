// Which project this tab works on, and whether it may write: one tab does.

/** This tab's project survives a reload; a new tab begins with the one last opened anywhere. */
const KEY = 'graft-project';
/** Set for the one reload after which this tab takes the project from another. */
const TAKE_OVER = 'graft-take-over';

/** A page that was reloaded may take a moment to let go. */
const PATIENCE_MILLIS = 1500;

export function currentProject(): string {
  const found = quietly(() => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY));
  const id = found && /^[\w-]{1,64}$/.test(found) ? found : newProjectId();
  chooseProject(id);
  return id;
}

export function newProjectId(): string {
  return crypto.randomUUID();
}

/** From the next load on. */
export function chooseProject(id: string, { takeOver = false } = {}): void {
  quietly(() => {
    sessionStorage.setItem(KEY, id);
    localStorage.setItem(KEY, id);
    if (takeOver) sessionStorage.setItem(TAKE_OVER, id);
  });
}

/** Resolves to whether this tab may write; `onLost` is called if another tab takes over. */
export async function claim(id: string, onLost: () => void): Promise<boolean> {
  const steal = quietly(() => sessionStorage.getItem(TAKE_OVER)) === id;
  quietly(() => sessionStorage.removeItem(TAKE_OVER));
  if (steal) return hold(id, { steal }, onLost);
  const deadline = performance.now() + PATIENCE_MILLIS;
  // Asked again and again rather than waited for: an answer may be slow to come, and is one then.
  while (!(await hold(id, { ifAvailable: true }, onLost))) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

/** Whether no tab works on it, for as long as `work` takes. */
export async function whileUnused(id: string, work: () => Promise<void>): Promise<boolean> {
  return navigator.locks.request(nameOf(id), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

/** Resolves to whether this tab has it now; until the tab closes, or another takes it. */
function hold(id: string, options: LockOptions, onLost: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    let held = false;
    navigator.locks
      .request(nameOf(id), options, (lock) => {
        held = lock !== null;
        resolve(held);
        return held ? new Promise<never>(() => {}) : undefined;
      })
      .catch(() => (held ? onLost() : resolve(false)));
  });
}

function nameOf(id: string): string {
  return `graft-project-${id}`;
}

/** Where cookies are blocked there is no such storage either: then every visit is a new project. */
function quietly<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

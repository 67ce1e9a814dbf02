// Calls of what is not ours: what it throws is heard of, and keeps nothing else from being done.

export function attempt(what: () => void): void {
  try {
    what();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Tells all who listen now, whatever one of them does. */
export function tell<T>(listeners: Iterable<(what: T) => void>, what: T): void {
  for (const listener of [...listeners]) attempt(() => listener(what));
}

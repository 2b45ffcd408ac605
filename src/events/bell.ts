// Something to wait for: a ring that comes while nobody waits is kept, so none is missed.

export type Bell = {
  ring(): void;
  /** Waits for a ring, at most `milliseconds`; at once if it rang since the last wait. Says whether it rang. */
  wait(milliseconds: number): Promise<boolean>;
};

export function createBell(): Bell {
  let rang = false;
  let waiting: ((rang: boolean) => void) | null = null;
  return {
    ring() {
      if (waiting) waiting(true);
      else rang = true;
    },
    wait(milliseconds) {
      if (rang) {
        rang = false;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const done = (value: boolean) => {
          clearTimeout(timer);
          waiting = null;
          resolve(value);
        };
        const timer = setTimeout(done, milliseconds, false);
        waiting = done;
      });
    },
  };
}

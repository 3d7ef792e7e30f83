/** Progress on standard error, one line that rewrites itself: only on a terminal, only when a run takes long. */

import type { RunProgress } from '../engine/run.ts';
import { clock } from '../host/clock.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Milliseconds before the first line, and between two. */
const FIRST = 400;
const EVERY = 80;

/** A progress line; `done` wipes it. */
export interface Progress {
  readonly update: (state: RunProgress) => void;
  done(): void;
}

/** A progress line, or a silent one where none is wanted. */
export function createProgress(terminal: Terminal, options: Pick<CommonOptions, 'progress' | 'quiet'>): Progress {
  if (!terminal.errIsTerminal || !options.progress || options.quiet === true)
    return { update: () => undefined, done: () => undefined };
  let next = clock.now() + FIRST;
  let width = 0;
  return {
    update({ phase, done, total }) {
      const now = clock.now();
      if (now < next) return;
      next = now + EVERY;
      const text = phase === 'scan' ? `scanning: ${done} files` : `analysing: ${done} of ${total ?? '?'} files`;
      terminal.err(`\r${text.padEnd(width)}`);
      width = text.length;
    },
    done() {
      if (width > 0) terminal.err(`\r${' '.repeat(width)}\r`);
    },
  };
}

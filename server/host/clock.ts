/** The clock of this machine. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../engine/host.ts';

/** Milliseconds since the process started. */
export const clock: Clock = { now: () => performance.now() };

/** How the engine of JavaScript is set for a program that works once and ends. */
import v8 from 'node:v8';

/**
 * Percent of what is in use by which the memory for older objects grows until V8 looks what of it is still needed. By its own setting it
 * waits until there is up to four times as much: three quarters of the memory of a run over a kernel tree were garbage.
 */
const HEAP = '--heap-growing-percent=40';

/**
 * When V8's slowest compiler, the one that optimises, comes to a function; its own settings are made for programs that run on. Measured on
 * whole kernel trees with Node 20, 22, 24 and 26. From V8 13 on a faster compiler stands before it, and it never gains what it costs.
 */
const COMPILER: readonly { readonly from: number; readonly to: number; readonly setting: string }[] = [
  // Bytes of bytecode that were run, of all functions' calls and loops. V8's own: an eighteenth of this.
  { from: 11, to: 11, setting: '--interrupt-budget=1200000' },
  // Times that a function was run through in its length of bytecode. V8's own: 3000.
  { from: 12, to: 12, setting: '--invocation-count-for-turbofan=54000' },
  { from: 13, to: 14, setting: '--invocation-count-for-turbofan=300000' },
];

/** What V8 is told for one run; nothing for releases that nobody has tried, which may not know these settings and would say so on standard error. */
export function settingsForOneRun(version: string = process.versions.v8): readonly string[] {
  const major = Number.parseInt(version, 10);
  const compiler = COMPILER.find(({ from, to }) => major >= from && major <= to);
  return compiler === undefined ? [] : [compiler.setting, HEAP];
}

/** Sets V8 for one run. Threads that start afterwards are set likewise. */
export function tuneForOneRun(): void {
  for (const setting of settingsForOneRun()) v8.setFlagsFromString(setting);
}

/** `guplint --kbuild` on one file: one that knows nothing of user pages, one that does, before and after the cache knows it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildProgram, type Cost, machine, medianCost, ms, runMeasured, table, treeRoot } from './measure.ts';

/** Runs of each; the median counts. */
const ROUNDS = 15;

/** Arguments as scripts/Makefile.build gives them, shortened; none of them changes what is found. */
const BUILD = ['-D__linux__', '-D__x86_64__', '-nostdinc', '-I./include', '-D__KERNEL__', '-DMODULE'];

/** A file without user pages in a directory without, one beside a file with, and one with. */
const FILES = {
  plain: 'drivers/misc/eeprom/at24.c',
  beside: 'drivers/misc/vmw_vmci/vmci_route.c',
  pages: 'drivers/misc/vmw_vmci/vmci_host.c',
};

/** Measures; the text is for docs/performance.md. */
export function measureKbuild(scratch: string): string {
  const began = machine();
  const tree = treeRoot();
  const program = buildProgram(path.join(scratch, 'dist'));
  const nothing = path.join(scratch, 'nothing.js');
  writeFileSync(nothing, '');
  let fresh = 0;
  const kept = path.join(scratch, 'kept');
  const run = (file: string, cache: string): Cost =>
    runMeasured({
      argv: [process.execPath, program, '--kbuild', ...BUILD, file],
      cwd: tree,
      env: { XDG_CACHE_HOME: cache },
    });
  const rows: readonly (readonly [string, () => Cost])[] = [
    ['node, a program that does nothing', () => runMeasured({ argv: [process.execPath, nothing], cwd: tree })],
    ['a file without gup', () => run(FILES.plain, kept)],
    ['a file without gup, beside files with', () => run(FILES.beside, kept)],
    ['a file with gup, nothing in the cache', () => run(FILES.pages, path.join(scratch, `fresh-${fresh++}`))],
    ['a file with gup, known to the cache', () => run(FILES.pages, kept)],
  ];
  const costs = rows.map((): Cost[] => []);
  for (const [, measure] of rows) measure();
  for (let i = 0; i < ROUNDS; i++) for (const [k, [, measure]] of rows.entries()) costs[k]?.push(measure());
  const line = ([name]: readonly [string, () => Cost], k: number): readonly string[] => {
    const of = costs[k] ?? [];
    const { wall, cpu } = medianCost(of);
    return [name, ms(wall), ms(Math.min(...of.map((c) => c.wall))), ms(cpu)];
  };
  const how = `${began}, Linux 6.12, ${ROUNDS} runs of each taken in turn.`;
  return `${how}\n\n${table([['guplint --kbuild', 'wall, median', 'wall, least', 'CPU, median'], ...rows.map(line)])}`;
}

/**
 * The rows of the model agree with the headers of the kernel trees at hand: arity, the types and so the place of the flags, the
 * result type, the values of the FOLL_ flags, and the existence of macros. Skipped only where no tree is found.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_ROWS } from '../model/api-rows.ts';
import { FLAG_ROWS } from '../model/flags.ts';
import type { ApiRow } from '../model/schema.ts';
import { intersect, rangeOf, type Since, seriesRange } from '../model/version.ts';
import { type KernelSeries, kernelTree } from './harness/kernel-tree.ts';
import { type Declarations, normaliseType, type Prototype, readDeclarations } from './harness/prototypes.ts';

/** Helpers that a stable release of the tree has and the mainline release of its series has not. */
const BACKPORTED = /back-ported to 6\.1\.y/;

/** Rows whose result stands in another C type in some tree than in the newest: the meaning is the same. */
const SAME_RESULT: readonly (readonly [string, string])[] = [
  ['bool', 'int'],
  ['ssize_t', 'size_t'],
];

function liveOn(row: { readonly kernels: Since }, series: KernelSeries): boolean {
  const range = seriesRange(series);
  assert.ok(range !== undefined);
  return intersect(rangeOf(row.kernels), range) !== undefined;
}

/** Types without what changes from release to release and from one architecture to the next without meaning anything here. */
function plain(type: string): string {
  return normaliseType(type)
    .replace(/\b(?:const|volatile) /g, '')
    .replace(/\b__kernel_size_t\b/g, 'size_t')
    .replace(/\bresource_size_t\b/g, 'phys_addr_t')
    .replace(/\[\]$/, ' *')
    .replace(/\* \*$/, '**');
}

function sameResult(a: string, b: string): boolean {
  return a === b || SAME_RESULT.some((pair) => pair.includes(a) && pair.includes(b));
}

/** What is wrong with a row against one prototype; undefined: nothing. */
function difference(row: ApiRow, prototype: Prototype): string | undefined {
  const wanted = row.params.map((param) => plain(param.type));
  const found = prototype.types.map((type) => plain(type));
  if (wanted.length !== found.length) return `${wanted.length} parameters, header has ${found.length}`;
  const at = wanted.findIndex((type, i) => type !== found[i]);
  if (at >= 0) return `parameter ${at} is ${wanted[at]}, header has ${found[at]}`;
  const ret = plain(prototype.ret);
  return sameResult(plain(row.ret), ret) ? undefined : `returns ${row.ret}, header has ${ret}`;
}

/** What is wrong with a row against everything a tree declares of its name; undefined: nothing. */
function mismatch(row: ApiRow, declared: Declarations): string | undefined {
  const macros = declared.macros.get(row.name) ?? [];
  const through = macros.map((macro) => /^alloc_hooks\((\w+)\(__VA_ARGS__\)/.exec(macro.body)?.[1]);
  const names = [row.name, ...through.filter((name): name is string => name !== undefined)];
  const prototypes = names.flatMap((name) => declared.prototypes.get(name) ?? []);
  if (prototypes.length > 0 && row.macro !== true) {
    const problems = prototypes.map((prototype) => difference(row, prototype));
    return problems.includes(undefined) ? undefined : `${problems[0]} (${prototypes[0]?.path})`;
  }
  if (row.macro !== true) return 'not declared, and not marked as a macro';
  if (prototypes.some((prototype) => prototype.types.length === row.params.length)) return undefined;
  if (macros.length === 0) return prototypes.length === 0 ? 'no such macro' : 'another number of parameters';
  const fits = macros.some(({ parameters }) => {
    if (parameters === undefined || parameters.some((p) => p.includes('...'))) return true;
    return parameters.length === row.params.length;
  });
  return fits ? undefined : `the macro takes ${macros[0]?.parameters?.length} arguments, the row ${row.params.length}`;
}

function flagValues(root: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const path of ['include/linux/mm.h', 'include/linux/mm_types.h', 'mm/internal.h']) {
    const text = readFileSync(join(root, path), 'latin1');
    for (const m of text.matchAll(/\b(FOLL_\w+)(?:\s*=\s*|\s+)(?:1\s*<<\s*(\d+)|(0x[0-9a-fA-F]+))/g)) {
      values.set(m[1] ?? '', m[2] === undefined ? Number(m[3]) : 2 ** Number(m[2]));
    }
  }
  return values;
}

/** Flags in mm/internal.h cannot be named by a driver. */
function publicFlags(root: string): Set<string> {
  const text = ['include/linux/mm.h', 'include/linux/mm_types.h'].map((p) => readFileSync(join(root, p), 'latin1'));
  return new Set([...text.join('\n').matchAll(/\b(FOLL_\w+)(?:\s*=\s*1|\s+0x)/g)].map((m) => m[1] ?? ''));
}

for (const series of ['6.1', '6.12'] as const) {
  describe(`model rows against the headers of Linux ${series}`, () => {
    const tree = kernelTree(series);
    if (tree.kind === 'missing') {
      it(`is skipped: ${tree.reason}`, function () {
        this.skip();
      });
      return;
    }
    const rows = API_ROWS.filter((row) => liveOn(row, series));
    let declared: Declarations;

    before(() => {
      const names = new Set(API_ROWS.flatMap((row) => [row.name, `${row.name}_noprof`, 'get_free_pages_noprof']));
      const extra = rows.map((row) => row.source.path).filter((path) => path.endsWith('.h'));
      declared = readDeclarations(tree.root, names, extra);
    });

    it('every row that is valid there has the signature of the header', () => {
      const wrong = rows.flatMap((row) => {
        const problem = mismatch(row, declared);
        return problem === undefined ? [] : [`${row.name} ${row.kernels.since}..: ${problem}`];
      });
      assert.deepEqual(wrong, []);
    });

    it('no acquire or release row is missing there, and none is there that the rows deny', () => {
      for (const row of API_ROWS) {
        if (liveOn(row, series) || (row.family !== 'acquire' && row.family !== 'release')) continue;
        if (rows.some((other) => other.name === row.name)) continue;
        const found = declared.prototypes.get(row.name) ?? [];
        assert.deepEqual(
          found.filter((p) => p.path.startsWith('include/')),
          [],
          `${row.name} is in the headers`,
        );
      }
    });

    it('helpers that the rows deny are not declared there', () => {
      const known = new Set(rows.map((row) => row.name));
      const denied = API_ROWS.filter((row) => !known.has(row.name) && !BACKPORTED.test(row.source.note ?? ''));
      const present = denied.filter((row) =>
        (declared.prototypes.get(row.name) ?? []).some((p) => p.path.startsWith('include/')),
      );
      assert.deepEqual([...new Set(present.map((row) => row.name))], []);
    });

    it('flags have the values of the header, and drivers can name those that rows call visible', () => {
      const values = flagValues(tree.root);
      const visible = publicFlags(tree.root);
      const live = FLAG_ROWS.filter((row) => liveOn(row, series));
      assert.deepEqual(live.map((row) => row.name).sort(), [...values.keys()].sort());
      for (const row of live) {
        assert.equal(values.get(row.name), row.value, row.name);
        assert.equal(visible.has(row.name), row.visible, row.name);
      }
    });
  });
}

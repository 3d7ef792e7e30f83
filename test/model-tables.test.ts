/**
 * The tables beside the rows: loops, callbacks, structs of functions, names that end a path, names that do no harm. They agree with
 * themselves, and with the headers of the kernel trees where these are at hand.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ABSENT_NAMES } from '../model/absent.ts';
import { API_ROWS } from '../model/api-rows.ts';
import { CALLBACK_ROWS } from '../model/callbacks.ts';
import { FLAG_ROWS } from '../model/flags.ts';
import { FOREIGN_FAMILIES, foreignFamily } from '../model/foreign-flags.ts';
import { HARMLESS } from '../model/harmless.ts';
import { OLDEST_KERNEL } from '../model/known-kernels.ts';
import { LOOP_ROWS } from '../model/loops.ts';
import { NORETURN } from '../model/noreturn.ts';
import { OPS_ROWS } from '../model/ops.ts';
import { parsePlace } from '../model/place.ts';
import { formatVersion, intersect, rangeOf, seriesRange } from '../model/version.ts';
import { type KernelSeries, kernelTree } from './harness/kernel-tree.ts';
import { type Declarations, readDeclarations } from './harness/prototypes.ts';

function unique(names: readonly string[]): void {
  assert.deepEqual(names, [...new Set(names)]);
}

describe('model tables', () => {
  it('name the oldest kernel that a row speaks of', () => {
    const oldest = Math.min(...API_ROWS.map((row) => rangeOf(row.kernels).since));
    assert.equal(formatVersion(oldest), OLDEST_KERNEL);
  });

  it('loops: names are unique, arguments exist and are told apart', () => {
    unique(LOOP_ROWS.map((row) => row.name));
    for (const row of LOOP_ROWS) {
      const used = [row.cursor, ...row.assigns, row.container, row.count].filter((n) => n !== undefined);
      for (const n of used) assert.ok(n >= 0 && n < row.args, row.name);
      assert.equal(new Set(used).size, used.length, `${row.name} uses an argument twice`);
    }
  });

  it('callbacks: names are unique, places parse', () => {
    unique(CALLBACK_ROWS.map((row) => row.name));
    for (const row of CALLBACK_ROWS) {
      for (const place of [row.callback, ...row.passes]) {
        if (place !== undefined) assert.ok(parsePlace(place) !== undefined, `${row.name}: ${place}`);
      }
    }
  });

  it('structs of functions: tags are unique and sorted, each has an entry point', () => {
    const tags = OPS_ROWS.map((row) => row.tag);
    unique(tags);
    assert.deepEqual(tags, [...tags].sort());
    for (const row of OPS_ROWS) assert.ok(Object.keys(row.fields).length > 0, row.tag);
  });

  it('harmless names are no rows, and nothing that ends a path is harmless', () => {
    const rows = new Set(API_ROWS.map((row) => row.name));
    assert.deepEqual(
      [...HARMLESS].filter((name) => rows.has(name)),
      [],
    );
    assert.deepEqual(
      [...HARMLESS].filter((name) => NORETURN.has(name)),
      [],
    );
  });

  it('absent names are neither rows nor flags', () => {
    const known = new Set([...API_ROWS, ...FLAG_ROWS].map((row) => row.name));
    assert.deepEqual(
      ABSENT_NAMES.filter((row) => known.has(row.name)),
      [],
    );
  });

  it('foreign families: the longest prefix wins, and FOLL_ is none', () => {
    const lengths = FOREIGN_FAMILIES.map((family) => family.prefix?.length ?? 0);
    assert.deepEqual(
      lengths,
      [...lengths].sort((a, b) => b - a),
    );
    for (const family of FOREIGN_FAMILIES) {
      if (family.write !== undefined) assert.equal(foreignFamily(family.write), family);
    }
    assert.equal(foreignFamily('VM_FAULT_OOM')?.prefix, 'VM_FAULT_');
    for (const row of FLAG_ROWS) assert.equal(foreignFamily(row.name), undefined);
  });
});

/** Fields of function type in a struct of a header. */
function functionFields(text: string, tag: string): Set<string> {
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const open = new RegExp(`\\bstruct ${tag}\\b[^;{}()]*\\{`).exec(plain);
  if (open === null) return new Set();
  let depth = 1;
  let end = open.index + open[0].length;
  const start = end;
  for (; depth > 0 && end < plain.length; end++) {
    if (plain[end] === '{') depth++;
    else if (plain[end] === '}') depth--;
  }
  return new Set([...plain.slice(start, end).matchAll(/\(\s*\*\s*(\w+)\s*\)/g)].map((m) => m[1] ?? ''));
}

function arities(declared: Declarations, name: string): (number | undefined)[] {
  const macros = (declared.macros.get(name) ?? []).map(({ parameters }) =>
    parameters === undefined || parameters.some((p) => p.endsWith('...')) ? undefined : parameters.length,
  );
  return [...macros, ...(declared.prototypes.get(name) ?? []).map((prototype) => prototype.types.length)];
}

function header(roots: readonly string[], path: string): string {
  const texts = roots.map((root) => join(root, path)).filter((full) => existsSync(full));
  return texts.map((full) => readFileSync(full, 'latin1')).join('\n');
}

describe('model tables against the headers', () => {
  const trees = (['6.1', '6.12'] as const satisfies readonly KernelSeries[]).map((series) => kernelTree(series));
  const missing = trees.find((tree) => tree.kind === 'missing');
  const roots = trees.flatMap((tree) => (tree.kind === 'found' ? [tree.root] : []));
  if (missing?.kind === 'missing') {
    it(`is skipped: ${missing.reason}`, function () {
      this.skip();
    });
    return;
  }

  it('loop macros take the arguments that the table says', () => {
    const names = new Set(LOOP_ROWS.map((row) => row.name));
    const extra = [...new Set(LOOP_ROWS.map((row) => row.source.path))];
    const declared = roots.map((root) => readDeclarations(root, names, extra));
    for (const row of LOOP_ROWS) {
      const macros = declared.flatMap((d) => d.macros.get(row.name) ?? []);
      assert.ok(macros.length > 0, `${row.name} is nowhere`);
      for (const { parameters = [] } of macros) {
        assert.equal(parameters.filter((p) => !p.endsWith('...')).length, row.args, `${row.name}(${parameters})`);
      }
    }
  });

  it('functions that take a callback are declared with the arguments that the table uses', () => {
    const names = new Set(CALLBACK_ROWS.map((row) => row.name));
    const extra = [...new Set(CALLBACK_ROWS.map((row) => row.source.path))];
    const live = CALLBACK_ROWS.filter((row) =>
      intersect(rangeOf(row.kernels), seriesRange('6.12') ?? rangeOf(row.kernels)),
    );
    const declared = readDeclarations(roots.at(-1) ?? '', names, extra);
    for (const row of live) {
      const found = arities(declared, row.name);
      assert.ok(found.length > 0, `${row.name} is nowhere`);
      const used = [row.callback, ...row.passes].map((place) => (place === undefined ? -1 : parsePlace(place)?.root));
      const highest = Math.max(...used.map((root) => (typeof root === 'number' ? root : -1)));
      assert.ok(
        found.some((n) => n === undefined || n > highest),
        `${row.name}: ${found.join()}`,
      );
    }
  });

  it('fields of the structs of functions exist in 6.1 or 6.12', () => {
    const wrong = OPS_ROWS.flatMap((row) => {
      const fields = functionFields(header(roots, row.source.path), row.tag);
      const other = roots.flatMap((root) => [...functionFields(header([root], row.source.path), row.tag)]);
      return Object.keys(row.fields)
        .filter((f) => !fields.has(f) && !other.includes(f))
        .map((f) => `${row.tag}.${f}`);
    });
    assert.deepEqual(wrong, []);
  });
});

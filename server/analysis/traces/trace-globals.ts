/** Pages that a variable at file scope holds: every function of the file that names it reaches them. */
import { keptBeside } from '../../base/kept.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { functionAt, placesOfWord, treeOf } from '../calls/call-index.ts';
import { localNames } from '../locals.ts';

const cache = new WeakMap<CUnit['version'], Map<string, readonly FunctionDef[]>>();

/** The functions that name a variable of a file, where a file declares one of that name; none shadows it. Kept for each file. */
export function functionsWithVariable(unit: CUnit, name: string): readonly FunctionDef[] {
  const naming = keptBeside(cache, unit.version, name, () =>
    isVariable(unit, name)
      ? [...new Set([...placesOfWord(unit.code, name)].flatMap((at) => functionAt(unit, at) ?? []))]
      : [],
  );
  return naming.filter((fn) => !localNames(unit, treeOf(unit, fn)).has(name));
}

/** Whether a file declares a pointer or an array of this name outside of its functions. */
function isVariable(unit: CUnit, name: string): boolean {
  const declared = new RegExp(`(?:\\*\\s*(?:const\\s+)?${name}\\b|\\b${name}\\s*\\[)`);
  return unit.declarations.some(
    (d) => d.kind === 'variable' && declared.test(unit.code.slice(d.span.start, d.span.end)),
  );
}

/**
 * Functions of the files at hand by what they call, directly or through each other, and the struct fields they mention. By name and text
 * alone: rules use it to stay silent where path analysis may have missed something, never to accuse.
 */
import { functionAt, namesBeforeBrackets } from '../analysis/call-index.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';

/** A function and the file it stands in. */
export interface PlacedFunction {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
}

interface Index {
  /** Functions by the names they call. */
  readonly callers: ReadonlyMap<string, readonly PlacedFunction[]>;
}

const indexes = new WeakMap<readonly CUnit[], Index>();
const views = new WeakMap<CUnit, readonly CUnit[]>();

/** The files a rule looks at: the unit, its headers, its neighbours; one list a unit. */
export function filesOf(pass: {
  readonly unit: CUnit;
  readonly headers: readonly CUnit[];
  readonly neighbours: readonly CUnit[];
}): readonly CUnit[] {
  let files = views.get(pass.unit);
  if (files === undefined) {
    files = [...new Set([pass.unit, ...pass.headers, ...pass.neighbours])];
    views.set(pass.unit, files);
  }
  return files;
}

function indexOf(files: readonly CUnit[]): Index {
  let index = indexes.get(files);
  if (index === undefined) {
    const callers = new Map<string, PlacedFunction[]>();
    for (const unit of files) addCalls(unit, callers);
    index = { callers };
    indexes.set(files, index);
  }
  return index;
}

function addCalls(unit: CUnit, callers: Map<string, PlacedFunction[]>): void {
  for (const [name, offsets] of namesBeforeBrackets(unit)) {
    const seen = new Set<FunctionDef>();
    for (const offset of offsets) {
      const fn = functionAt(unit, offset);
      if (fn === undefined || offset < fn.bodySpan.start || seen.has(fn)) continue;
      seen.add(fn);
      const list = callers.get(name);
      if (list === undefined) callers.set(name, [{ unit, fn }]);
      else list.push({ unit, fn });
    }
  }
}

/** The functions that call one of the names; with `deep` also those that call such functions, and so on. */
export function functionsThatCall(
  files: readonly CUnit[],
  isWanted: (name: string) => boolean,
  deep: boolean,
): ReadonlyMap<FunctionDef, PlacedFunction> {
  const { callers } = indexOf(files);
  const found = new Map<FunctionDef, PlacedFunction>();
  const queue = [...callers.keys()].filter(isWanted);
  const asked = new Set(queue);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const caller of callers.get(name) ?? []) {
      if (found.has(caller.fn)) continue;
      found.set(caller.fn, caller);
      if (!deep || asked.has(caller.fn.name)) continue;
      asked.add(caller.fn.name);
      queue.push(caller.fn.name);
    }
  }
  return found;
}

/** Whether a function names a struct field: `->field` or `.field`. */
export function mentionsField({ unit, fn }: PlacedFunction, field: string): boolean {
  return new RegExp(`(?:->|\\.)\\s*${field}\\b`).test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end));
}

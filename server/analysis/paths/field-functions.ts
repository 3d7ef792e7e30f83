/** Which functions of a file stand behind a field, by the initialisers at file scope and by what functions assign to objects they know. */
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';

/** A function that an initialiser or an assignment puts into a field: `.release = foo_release`, `buf->release = foo_release`. */
export interface FieldFunction {
  /** The struct that has the field; undefined where an initialiser does not say. */
  readonly tag: string | undefined;
  readonly name: string;
}

interface Assigned extends FieldFunction {
  readonly field: string;
}

/** The right side of `buf->release = &foo;`, which is looked for first: few functions have one with a function's name. */
const ASSIGNED = /=\s*&?\s*([A-Za-z_]\w*)\s*;/g;
/** Its left side, at the end of what stands in front. */
const FIELD = /(?<![\w.>])(\w+)\s*(?:->|\.)\s*(\w+)\s*$/;

const assigned = new WeakMap<FunctionDef, readonly Assigned[]>();

/** Functions of a unit that initialisers at file scope and assignments put into fields, by field. */
export function functionFields(unit: CUnit): ReadonlyMap<string, readonly FieldFunction[]> {
  const own = new Set(unit.functions.map((f) => f.name));
  const out = new Map<string, FieldFunction[]>();
  const add = (field: string, f: FieldFunction): void => {
    const known = out.get(field) ?? [];
    if (!known.some((k) => k.name === f.name && k.tag === f.tag)) out.set(field, [...known, f]);
  };
  for (const d of unit.declarations) {
    if (d.kind !== 'variable') continue;
    const text = unit.code.slice(d.span.start, d.span.end);
    const tag = /\bstruct\s+(\w+)/.exec(text)?.[1];
    for (const m of text.matchAll(/\.(\w+)\s*=\s*&?(\w+)/g)) {
      const [, field = '', name = ''] = m;
      if (own.has(name)) add(field, { tag, name });
    }
  }
  for (const fn of unit.functions)
    for (const { field, tag, name } of assignedIn(unit, fn, own)) add(field, { tag, name });
  return out;
}

/** Whether two states of a function assign the same names to fields. */
export function assignsTheSame(unit: CUnit, old: FunctionDef, fn: FunctionDef): boolean {
  const own = new Set(unit.functions.map((f) => f.name));
  const [before, now] = [assigned.get(old) ?? [], assignedIn(unit, fn, own)];
  return (
    before.length === now.length &&
    now.every((a, i) => a.field === before[i]?.field && a.name === before[i].name && a.tag === before[i].tag)
  );
}

/** Own functions that a function assigns to a field of an object whose struct it names: `buf->release = &foo` of a `struct foo_buf *buf`. */
function assignedIn(unit: CUnit, fn: FunctionDef, own: ReadonlySet<string>): readonly Assigned[] {
  let found = assigned.get(fn);
  if (found === undefined) {
    const text = unit.code.slice(fn.span.start, fn.span.end);
    found = [...text.matchAll(ASSIGNED)].flatMap((m) => {
      const name = m[1] ?? '';
      const place = own.has(name) ? FIELD.exec(text.slice(0, m.index)) : null;
      if (place === null) return [];
      const [, base = '', field = ''] = place;
      const tag = new RegExp(`\\bstruct\\s+(\\w+)\\s*\\**\\s*\\b${base}\\b`).exec(text)?.[1];
      return tag === undefined ? [] : [{ field, tag, name }];
    });
    assigned.set(fn, found);
  }
  return found;
}

/** Which file a struct belongs to: a source file may define one for itself, and another of the same name means another struct. */
import type { CUnit } from '../syntax/unit.ts';

const known = new WeakMap<CUnit['version'], Map<string, boolean>>();

/** Whether a file defines a struct or union of a tag. */
export function definesStruct(unit: CUnit, tag: string): boolean {
  let tags = known.get(unit.version);
  if (tags === undefined) {
    tags = new Map();
    known.set(unit.version, tags);
  }
  let found = tags.get(tag);
  if (found === undefined) {
    const head = new RegExp(`\\b(?:struct|union)\\s+${tag}\\s*\\{`);
    found = unit.declarations.some((d) => d.kind === 'type' && head.test(unit.code.slice(d.span.start, d.span.end)));
    tags.set(tag, found);
  }
  return found;
}

/** Path of the source file when it defines the struct itself; undefined for one of a header, or that nobody at hand defines. */
export function homeOf(unit: CUnit, tag: string | undefined): string | undefined {
  const bare = tag?.replace(/#.*/, '') ?? '';
  return /^\w+$/.test(bare) && unit.path.endsWith('.c') && definesStruct(unit, bare) ? unit.path : undefined;
}

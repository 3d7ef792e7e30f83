/** Where a struct is defined, and which file it belongs to: a source file may define one for itself that another of the same name does not mean. */
import { keptBeside } from '../../base/kept.ts';
import type { CUnit } from '../../syntax/unit.ts';

const bodies = new WeakMap<CUnit['version'], Map<string, string>>();

/** What stands in a file from the `{` of a struct or union on, in masked text; empty where the file does not define it. Kept for each file. */
export function structBody(unit: CUnit, tag: string): string {
  return keptBeside(bodies, unit.version, tag, () => {
    const head = new RegExp(`\\b(?:struct|union)\\s+${tag}\\s*\\{`);
    for (const { kind, span } of unit.declarations) {
      const text = kind === 'type' ? unit.code.slice(span.start, span.end) : '';
      const found = head.exec(text);
      if (found !== null) return text.slice(found.index + found[0].length - 1);
    }
    return '';
  });
}

/** Whether a file defines a struct or union of a tag. */
export function definesStruct(unit: CUnit, tag: string): boolean {
  return structBody(unit, tag) !== '';
}

/** Path of the source file when it defines the struct itself; undefined for one of a header, or that nobody at hand defines. */
export function homeOf(unit: CUnit, tag: string | undefined): string | undefined {
  const bare = tag?.replace(/#.*/, '') ?? '';
  return /^\w+$/.test(bare) && unit.path.endsWith('.c') && definesStruct(unit, bare) ? unit.path : undefined;
}

/** Whether a function returns a pointer. */
import type { CUnit, FunctionDef } from '../syntax/unit.ts';

/** By a star in front of its name; a type that is a pointer by its name alone is none. */
export function returnsPointer({ code }: CUnit, { span, nameSpan }: FunctionDef): boolean {
  return code.slice(span.start, nameSpan.start).includes('*');
}

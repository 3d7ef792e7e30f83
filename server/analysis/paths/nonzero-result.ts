/** Results of which a path knows only that they are not zero: `ret = xa_alloc(...); if (ret) goto undo;`. By custom that is an error. */
import { intervalOf } from '../../flow/facts.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import type { Exit } from './edges.ts';
import type { Frame } from './frame.ts';

/** Whether all that is known of a result is that it is not zero, in a function that returns a signed number. */
export function isBareNonzero({ unit, fn }: Frame, { state: { facts }, value }: Exit): boolean {
  if (value === undefined || !facts.nonzero.has(value.key)) return false;
  const i = intervalOf(facts, value);
  return i.low < 0 && i.high > 0 && returnsNumber(unit, fn);
}

function returnsNumber(unit: CUnit, { name, span, bodySpan }: FunctionDef): boolean {
  const head = unit.code.slice(span.start, bodySpan.start);
  const before = head.slice(0, head.indexOf(name));
  return /\b(?:int|long|ssize_t)\s+$/.test(before) && !/\bunsigned\b/.test(before);
}

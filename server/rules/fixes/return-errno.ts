/** A return of a result that is an errno or a short count, turned into one of an errno in both cases. */
import type { FixProposal, UnitSpan } from '../define.ts';
import { skipForward } from './text-scan.ts';

/** `return got;` as `return got < 0 ? got : -EFAULT;`; undefined for a return of anything but a variable. */
export function returnErrno({ unit, span }: UnitSpan): FixProposal | undefined {
  const m = /^return\b\s*\(?\s*([A-Za-z_]\w*)\s*\)?\s*;/.exec(unit.code.slice(span.start, span.end + 1));
  const name = m?.[1];
  if (m === null || name === undefined) return undefined;
  const start = skipForward(unit.code, span.start + 'return'.length);
  return {
    title: 'Return an errno for a short count',
    applicability: 'unsafe',
    edits: [{ unit, span: { start, end: span.start + m[0].length - 1 }, newText: `${name} < 0 ? ${name} : -EFAULT` }],
  };
}

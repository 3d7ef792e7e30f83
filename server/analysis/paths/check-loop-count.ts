/** A callee that gives back page by page, as many as it is told, on a path where fewer came. */
import { conversionOf, type Value } from '../../flow/value.ts';
import { functionAt } from '../calls/call-index.ts';
import { checkReleaseCount } from './check-result.ts';
import { type OnPath, stepAt } from './frame.ts';
import type { EntryEvent } from './path-state.ts';
import type { Step } from './resource.ts';

/** What a loop in a callee gives back. */
interface Loop {
  readonly pages: Value;
  readonly count: Value | undefined;
  readonly callee: string;
}

/** Holds the number that a callee's loop goes by against the number that came. */
export function checkLoopCount({ frame, s, info }: OnPath, e: EntryEvent, { pages, count, callee }: Loop): void {
  if (count === undefined || asksForEntries(e.step)) return;
  const step = stepAt(frame, info.instr.span, `as many are given back by ${callee}() here`);
  for (const id of pages.prov) {
    const r = s.resources.get(id);
    if (r !== undefined) checkReleaseCount({ frame, s }, r, { count, withoutSign: isUnsigned(count) }, step);
  }
}

/** Whether a number was put into a variable or field without sign. */
function isUnsigned(v: Value): boolean {
  return v.kind === 'op' && conversionOf(v.op)?.unsigned === true;
}

/** Whether the function that gives pages back looks whether there is one in an entry. */
function asksForEntries({ unit, span }: Step): boolean {
  const fn = functionAt(unit, span.start);
  const body = fn === undefined ? '' : unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const read = /\b(\w+)\s*=\s*[\w.>-]+\[[^\]]*\]\s*;/.exec(body)?.[1];
  return (
    fn === undefined ||
    /\bif\s*\([^;{}]*\[/.test(body) ||
    (read !== undefined && new RegExp(`\\bif\\s*\\(\\s*!?\\s*${read}\\b`).test(body))
  );
}

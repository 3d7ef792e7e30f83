/** The variable that an acquire call's result goes to, as the text and the declarations of the function tell. */
import type { CallSite } from '../../../analysis/sites/site.ts';
import { type Variable, variablesOf } from '../../../syntax/types.ts';

/** Name of the variable in `name = acquire(...)` or `int name = acquire(...)`; undefined for anything else. */
function resultName({ unit, span }: CallSite): string | undefined {
  const before = unit.code.slice(Math.max(0, span.start - 200), span.start);
  // `n = acquire(...) == 1` gives the variable another value.
  if (!/^\s*[;,)]/.test(unit.code.slice(span.end, span.end + 40))) return undefined;
  return /(?:^|[;{}(,*\s])(\w+)\s*=\s*$/.exec(before)?.[1];
}

/** The local variable or parameter that takes the result; undefined for a field, a global, or no variable at all. */
export function resultVariable(site: CallSite): Variable | undefined {
  const { unit, fn, span } = site;
  const name = resultName(site);
  if (name === undefined || fn === undefined) return undefined;
  const before = unit.code.slice(Math.max(0, span.start - 200), span.start);
  if (/(?:->|\.|\])\s*\w*\s*=\s*$/.test(before)) return undefined;
  const inScope = variablesOf(unit, fn).filter(
    (v) => v.name === name && v.scope.start <= span.start && span.start < v.scope.end && v.offset < span.start,
  );
  return inScope[inScope.length - 1];
}

/** Whether the variable is given another value by an assignment in this stretch of the function. */
export function isAssignedIn({ unit }: CallSite, name: string, start: number, end: number): boolean {
  return new RegExp(`(?<![\\w.>])${name}\\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)`).test(unit.code.slice(start, end));
}

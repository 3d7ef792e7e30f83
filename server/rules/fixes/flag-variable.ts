/** Flags added where a variable of the function gets its first value, for a call that takes them from it and from nowhere else. */
import type { CallSite } from '../../analysis/sites/site.ts';
import { variablesOf } from '../../syntax/types.ts';
import type { Edit } from '../define.ts';

/** The edit of the variable's declaration; undefined where the call's flags are no such variable. */
export function flagInVariable(site: CallSite, flags: readonly string[]): Edit | undefined {
  const { unit, fn, macro } = site;
  const { span, text: name } = site.flags;
  if (fn === undefined || span === undefined || macro !== undefined || !/^[a-z_]\w*$/.test(name)) return undefined;
  const variable = variablesOf(unit, fn).find((v) => v.name === name && !v.parameter);
  if (variable === undefined) return undefined;
  const first = /^\w+\s*=\s*(0|FOLL_\w+(?:\s*\|\s*FOLL_\w+)*)\s*[,;]/.exec(unit.code.slice(variable.offset));
  const value = first?.[1];
  if (first === null || value === undefined) return undefined;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const others = [...body.matchAll(new RegExp(`\\b${name}\\b(?!\\s*\\|=)`, 'g'))]
    .map((m) => fn.bodySpan.start + m.index)
    .filter((at) => at !== variable.offset && at !== span.start);
  if (others.length > 0) return undefined;
  const start = variable.offset + first[0].indexOf(value, name.length);
  const added = flags.join(' | ');
  const newText = value === '0' ? added : `${value} | ${added}`;
  return { unit, span: { start, end: start + value.length }, newText };
}

/** References that are dropped because somebody holds the page already: who has the first one marks it dirty. */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { codeOf } from '../../../analysis/trees.ts';
import { type CNode, childByField, walk } from '../../../syntax/node.ts';
import type { CleanEnd, CleanRelease } from '../releases/releases-of-site.ts';

/** An end without the releases of pages that are found among those that are kept. */
export function withoutSecondReferences(end: CleanEnd | undefined): CleanEnd | undefined {
  if (end === undefined) return end;
  const releases = end.releases.filter((r) => !isSecondReference(r));
  return releases.length === end.releases.length ? end : releases.length === 0 ? undefined : { ...end, releases };
}

/** Whether a release stands where what it gives back was found to be a page that an object or array keeps: `if (held[i].page == page)`. */
function isSecondReference({ at: { unit, span } }: CleanRelease): boolean {
  const fn = functionAt(unit, span.start);
  const given = /^\s*\w+\s*\(\s*(\w+)\s*[,)]/.exec(unit.code.slice(span.start, span.end))?.[1];
  if (fn === undefined || given === undefined) return false;
  const holds = (n: CNode | undefined): boolean => n !== undefined && n.start <= span.start && span.end <= n.end;
  let found = false;
  walk(treeOf(unit, fn), (n) => {
    if (!holds(n)) return false;
    const condition = n.type === 'if_statement' ? childByField(n, 'condition') : undefined;
    found ||=
      condition !== undefined &&
      holds(childByField(n, 'consequence')) &&
      isKeptPage(codeOf(unit, condition).replace(/\s+/g, ''), given);
    return !found;
  });
  return found;
}

/** Whether a condition says that a variable is what a member or element holds, and nothing else. */
function isKeptPage(condition: string, name: string): boolean {
  const m = /^\(([\w.>[\]-]+)==([\w.>[\]-]+)\)$/.exec(condition);
  const other = m?.[1] === name ? m[2] : m?.[2] === name ? m[1] : undefined;
  return other !== undefined && /->|[.[]/.test(other);
}

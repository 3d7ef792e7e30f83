/** Whether something after a site happens on a way that gives up: an error branch, or behind a label after the return. */
import { treeOf } from '../call-index.ts';
import type { CallSite } from '../site.ts';
import type { TraceEvent } from '../trace-function.ts';
import { onErrorPath } from '../wrappers.ts';

/** Whether an event in the acquiring function stands on an error path of the acquire. */
export function isOnError(site: CallSite, e: TraceEvent): boolean {
  const { unit, fn, node } = site;
  return fn !== undefined && e.fn === fn && node !== undefined && onErrorPath(unit, treeOf(unit, fn), e.node, node);
}

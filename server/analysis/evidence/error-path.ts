/** Whether something after a site happens on a way that gives up: an error branch, or behind a label after the return. */
import type { Span } from '../../base/span.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { functionAt, treeOf } from '../calls/call-index.ts';
import { onErrorPath } from '../calls/wrappers.ts';
import type { CallSite } from '../sites/site.ts';
import { pathTo } from '../trees.ts';
import type { PlaceIn } from './reached.ts';

/** Whether an event in the acquiring function stands on an error path of the acquire. */
export function isOnError(site: CallSite, e: PlaceIn): boolean {
  const { unit, fn, node } = site;
  return fn !== undefined && e.fn === fn && node !== undefined && onErrorPath(unit, treeOf(unit, fn), e.node, node);
}

/** Whether a place stands on an error path of a call in the same function. */
export function isOnErrorOfCall({ unit, span }: { readonly unit: CUnit; readonly span: Span }, call: Span): boolean {
  const fn = functionAt(unit, call.start);
  if (fn === undefined || functionAt(unit, span.start) !== fn || span.start < call.end) return false;
  const tree = treeOf(unit, fn);
  const node = pathTo(tree, span).at(-1);
  const taken = pathTo(tree, call).at(-1);
  return node !== undefined && taken !== undefined && onErrorPath(unit, tree, node, taken);
}

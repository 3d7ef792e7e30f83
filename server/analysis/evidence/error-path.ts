/** Whether something after a site happens on a way that gives up: an error branch, or behind a label after the return. */
import { treeOf } from '../call-index.ts';
import type { CallSite } from '../site.ts';
import { onErrorPath } from '../wrappers.ts';
import type { PlaceIn } from './reached.ts';

/** Whether an event in the acquiring function stands on an error path of the acquire. */
export function isOnError(site: CallSite, e: PlaceIn): boolean {
  const { unit, fn, node } = site;
  return fn !== undefined && e.fn === fn && node !== undefined && onErrorPath(unit, treeOf(unit, fn), e.node, node);
}

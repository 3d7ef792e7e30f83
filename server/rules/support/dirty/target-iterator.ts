/** Whether the iterator that pages are taken of is the target of data: as it is made on the way to the call, or as the kernel calls. */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { RulePass, UnitSpan } from '../../define.ts';
import { callersAbove } from '../file-calls.ts';

/** An iterator that data is written to, and where it is made if that is in sight. */
export interface TargetIterator {
  readonly at: UnitSpan | undefined;
}

/** How many callers of callers are looked at for the iterator's making. */
const MAX_ABOVE = 3;

/** Entry points that the kernel calls to have data put into an iterator (struct file_operations, struct proto_ops). */
const READERS: readonly string[] = ['read_iter', 'recvmsg'];

/** Functions that make an iterator, with the direction that asks for its memory to be written (linux/uio.h). */
const TARGET =
  /\b(?:import_ubuf|import_iovec|iov_iter_init|iov_iter_ubuf)\s*\(\s*&?[\w>.-]*\s*,?\s*(?:ITER_DEST|READ)\b/;

/** What says that the iterator of a call is the target of data; undefined where nothing does. */
export function targetIterator(pass: RulePass, site: CallSite): TargetIterator | undefined {
  const { unit } = pass;
  const { fn } = site;
  if (fn === undefined) return undefined;
  const above = new Set([fn, ...callersAbove([unit], fn.name, MAX_ABOVE).map((f) => f.fn)]);
  for (const reached of unit.functions) {
    const { bodySpan } = reached;
    const made = above.has(reached) ? TARGET.exec(unit.code.slice(bodySpan.start, bodySpan.end)) : null;
    if (made === null) continue;
    const start = bodySpan.start + made.index;
    return { at: { unit, span: { start, end: start + made[0].length } } };
  }
  const entries = pass.entriesAbove(site);
  return READERS.some((name) => entries.has(name)) ? { at: undefined } : undefined;
}

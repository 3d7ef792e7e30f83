/** The kernels of a model row as numbers, parsed once: rows are looked at for every call. */
import type { ApiRow, FlagRow } from '../../../model/schema.ts';
import { intersect, type KernelRange, rangeOf } from '../../../model/version.ts';

const ranges = new WeakMap<ApiRow | FlagRow, KernelRange>();

/** Whether a row holds on some kernel of a range. */
export function holdsIn(row: ApiRow | FlagRow, range: KernelRange): boolean {
  let own = ranges.get(row);
  if (own === undefined) {
    own = rangeOf(row.kernels);
    ranges.set(row, own);
  }
  return intersect(own, range) !== undefined;
}

/**
 * Allocators of a project under its own names, out of sight: `drv_alloc_mem(&pages, n)` and `drv_free_mem(pages)`. What the one made the
 * other frees: the array, not the pages in it.
 */
import type { Value } from '../../flow/value.ts';
import { freeRegion } from './apply-effects.ts';
import type { OnPath } from './frame.ts';

const FREES = /[kv]*free/i;
const ALLOCATES = /[mkvzc]*alloc/i;

/** Applies a call of such a function; the arguments that it frees. */
export function freedByOwn(on: OnPath, args: readonly Value[]): readonly Value[] {
  const { callee } = on.info.instr;
  if (callee === undefined || !FREES.test(callee) || ALLOCATES.test(callee)) return [];
  const freed = args.filter((_, i) => isMadeByPartner(on, callee, i));
  for (const arg of freed) freeRegion(on, arg, callee);
  return freed;
}

/** Whether the variable that an argument names was last filled by the function of the matching name, by the text of this one. */
function isMadeByPartner({ frame, info }: OnPath, callee: string, index: number): boolean {
  const { code } = frame.unit;
  const span = info.instr.argSpans[index];
  const name = span === undefined ? undefined : /^(?:\([^()]*\)\s*)?(\w+)$/.exec(code.slice(span.start, span.end))?.[1];
  if (name === undefined) return false;
  const before = code.slice(frame.fn.bodySpan.start, info.instr.span.start);
  const cast = '(?:\\([^()]*\\)\\s*)?';
  const made = new RegExp(
    `(?<![\\w.>])${name}\\s*=\\s*${cast}(\\w+)\\s*\\(|\\b(\\w+)\\s*\\(\\s*${cast}&\\s*${name}\\b`,
    'g',
  );
  const makers = [...before.matchAll(made)].map((m) => m[1] ?? m[2] ?? '').filter((maker) => ALLOCATES.test(maker));
  return makers.some((maker) => maker.replace(ALLOCATES, '') === callee.replace(FREES, ''));
}

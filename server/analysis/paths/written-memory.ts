/** Memory that a call writes, whatever was known of it: what user space or a file gave is anything. */
import type { ApiRow } from '../../../model/schema.ts';
import type { CallInstr } from '../../flow/ir.ts';
import { regionOf, symbol, type Value } from '../../flow/value.ts';
import { resolvePlace } from './evaluate.ts';
import { markWritten, type PathState, writeKey } from './path-state.ts';

/** Macros that put what they read into the variable they are given (linux/uaccess.h). */
const READS_INTO = /^(?:__|unsafe_)?get_user(?:_nocheck|_inatomic)?$/;

/** Variants of copy_from_user() that are no rows of the model: their first argument is written. */
const COPIES_IN = /^_*(?:raw_)?copy_from_(?:user|iter)_\w+$/;

/** Functions that leave memory as known as before: zero, or a copy. */
const KEEPS_KNOWN = /^(?:mem|str)/;

/** Forgets what a function of the model writes to through a pointer. */
export function forgetWrittenBy(s: PathState, row: ApiRow, args: readonly Value[], point: string): void {
  if (KEEPS_KNOWN.test(row.name)) return;
  for (const { op, access, place } of row.effects) {
    const i = Number(/^arg(\d+)$/.exec(place)?.[1] ?? -1);
    const to = args[i];
    if (op !== 'access' || access?.includes('write') !== true || row.params[i]?.type !== 'void *') continue;
    if (to !== undefined) forgetWritten(s, to, point);
  }
}

/** Forgets what lies where a pointer points, apart from pages held there. */
export function forgetWritten(s: PathState, pointer: Value, point: string): void {
  if (pointer.kind === 'int') return;
  const region = regionOf(pointer);
  s.env.forEachBelow(region, (v, key) => {
    if (v.prov.length === 0) s.env.delete(key);
  });
  markWritten(s, region);
  const old = s.env.get(region);
  const isVariable = region.startsWith('l:') && !region.endsWith('[*]');
  if (old === undefined ? isVariable : old.prov.length === 0) s.env.set(region, symbol(`w${point} ${region}`));
}

/** What a function that no row tells of brings from user space: `get_user(len, from)` gives len a value. */
export function readInto(s: PathState, call: CallInstr, [to]: readonly Value[], point: string): void {
  const { callee = '', args } = call;
  if (to !== undefined && COPIES_IN.test(callee)) forgetWritten(s, to, point);
  const [first] = args;
  if (first?.kind !== 'read' || !READS_INTO.test(callee)) return;
  const { key, weak } = resolvePlace(s, first.place, { point });
  writeKey(s, key, symbol(`w${point} ${key}`), weak);
}

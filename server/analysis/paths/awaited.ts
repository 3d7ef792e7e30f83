/**
 * Waiting for somebody who has the pages as well: a callback of the file that gives back what an object holds and then ends the wait. A
 * path that went through the wait does not know who gave them back.
 */

import { symbol } from '../../flow/value.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { functionAt, namesBeforeBrackets } from '../calls/call-index.ts';
import { type Frame, type OnPath, stepAt } from './frame.ts';
import { setResource } from './path-state.ts';
import { reachable } from './reachability.ts';

/** Functions that sleep until somebody else says so (linux/completion.h, wait.h, swait.h). */
const WAITS = /^(?:try_)?(?:wait_for_completion|wait_event|swait_event|rcuwait_wait_event)/;

/** Functions that end such a wait. */
const WAKES =
  /^(?:complete|complete_all|complete_on_current_cpu|swake_up_\w+|__?wake_up\w*|wake_up\w*|rcuwait_wake_up)$/;

const wakersOf = new WeakMap<CUnit['version'], readonly FunctionDef[]>();

/** Fields by which whoever ends a wait says how it went, by their names. */
const TELLS = /\.(?:\w+_)?(?:err|error|errno|status|result|res|ret|retval|rc|done|state)$/;

/** What the waiter had put there is out of date behind the wait; in variables of its own nobody else writes. */
function forgetAnswers({ s, info }: OnPath): void {
  for (const [place, value] of s.env)
    if (value.kind === 'int' && value.prov.length === 0 && TELLS.test(place) && !place.startsWith('l:'))
      s.env.set(place, symbol(`w${info.point} ${place}`));
}

/** Whoever ends the wait and names the field that the pages are in gives them back; one who names its struct may. */
export function afterWait(on: OnPath, name: string): void {
  if (!WAITS.test(name)) return;
  const { frame, s, info } = on;
  forgetAnswers(on);
  if (s.resources.size === 0) return;
  const enders = wakers(frame.unit).filter((fn) => fn !== frame.fn && frame.program.mayRelease(frame.unit, fn.name));
  if (enders.length === 0) return;
  for (const [id, handles] of reachable(s, undefined, { fromLocals: true })) {
    const r = s.resources.get(id);
    const owners = handles.flatMap((h) => h.owner ?? []);
    if (r?.hold.kind !== 'held') continue;
    const gives = enders.find((fn) => owners.some(({ field }) => mentions(frame, fn, `(?:->|\\.)\\s*${field}\\b`)));
    const may = enders.find((fn) =>
      owners.some(({ tag }) => tag !== undefined && mentions(frame, fn, `\\bstruct\\s+${tag}\\b`)),
    );
    const by = gives ?? may;
    if (by === undefined) continue;
    const step = stepAt(frame, info.instr.span, `${name}() waits for ${by.name}(), which may give them back`);
    setResource(
      s,
      gives === undefined ? { ...r, maybeTaken: r.maybeTaken ?? step } : { ...r, hold: { kind: 'taken', step } },
    );
  }
}

/** Whether the text of a function, its head included, has something of this pattern. */
function mentions({ unit }: Frame, fn: FunctionDef, pattern: string): boolean {
  return new RegExp(pattern).test(unit.code.slice(fn.span.start, fn.span.end));
}

/** The functions of a file that end waits, in text order. */
function wakers(unit: CUnit): readonly FunctionDef[] {
  let found = wakersOf.get(unit.version);
  if (found === undefined) {
    const set = new Set<FunctionDef | undefined>();
    for (const [name, offsets] of namesBeforeBrackets(unit))
      if (WAKES.test(name)) for (const offset of offsets) set.add(functionAt(unit, offset));
    found = unit.functions.filter((fn) => set.has(fn));
    wakersOf.set(unit.version, found);
  }
  return found;
}

/** Calls inside of the family's own functions: its core, and what a module writes in its place for kernels that lack one. */
import type { Model } from '../../../model/index.ts';
import type { FunctionDef } from '../../syntax/unit.ts';
import { callsOf } from '../calls/call-index.ts';
import type { CallSite } from '../sites/site.ts';
import type { Clue } from './clue.ts';

/** How far callers in the file are followed. */
const MAX_DEPTH = 4;

/** The clue that a call stands in a function of the family, or in one that such functions alone call: whoever calls these decides. */
export function familyClue(site: CallSite, model: Model): Clue | undefined {
  const { unit, fn } = site;
  const isMember = (f: FunctionDef): boolean => model.isSite(f.name) && (!f.isStatic || unit.path.endsWith('.h'));
  if (fn === undefined || site.reference === 'none' || !unit.functions.some(isMember)) return undefined;
  let level: readonly FunctionDef[] = [fn];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const inner = level.filter((f) => !isMember(f));
    if (inner.length === 0) {
      const text = `the call is part of ${level[0]?.name ?? ''}(), whose callers decide`;
      const at = { unit, span: site.nameSpan };
      return { kind: 'family', ...at, text, cases: { 0: 6 }, lifetime: { short: 1 } };
    }
    if (inner.some((f) => !f.isStatic)) return undefined;
    const callers = inner.map((f) => callsOf(unit, f.name).map((c) => c.fn));
    if (callers.some((c) => c.length === 0)) return undefined;
    level = [...level.filter(isMember), ...new Set(callers.flat())];
  }
  return undefined;
}

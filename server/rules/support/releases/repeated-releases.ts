/**
 * The same release twice in a row, as the text has it, with arguments that nothing in them changes: for pages that path analysis lost on the
 * way there, through a frame number, a list, a field of an element.
 */
import { callsIn } from '../../../analysis/calls/call-index.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { repeatsStatement } from '../../../analysis/statements/repeated-statement.ts';
import type { RulePass } from '../../define.ts';
import { loopOverElement, repeatsElement } from './same-element.ts';

/** The calls of this file that give back again what a statement before them in the same block gave back. */
export function repeatedReleases(pass: RulePass): readonly ApiCall[] {
  return pass.calls.filter(
    (call) =>
      call.unit === pass.unit &&
      givesBack(call) &&
      pass.calls.some((c) => c !== call && c.fn === call.fn && c.api === call.api && c.span.end <= call.span.start) &&
      (repeatsStatement(call) ? readsOnly(pass, call) : repeatsElement(call)) &&
      !takesOwn(pass, call),
  );
}

/** A release of one page in every turn of a loop. */
export interface LoopedRelease {
  readonly call: ApiCall;
  readonly index: string;
}

/** The calls of this file that give the same element of an array back in every turn of a loop. */
export function loopedReleases(pass: RulePass): readonly LoopedRelease[] {
  return pass.calls.flatMap((call) => {
    const index = call.unit === pass.unit && givesBack(call) ? loopOverElement(call) : undefined;
    return index === undefined || takesOwn(pass, call) ? [] : [{ call, index }];
  });
}

/** Whether a call gives back what was taken: pins, references, or either; not memory of the page allocator. */
function givesBack({ rows }: ApiCall): boolean {
  const kinds = rows.flatMap((row) => row.effects.flatMap((e) => (e.op === 'release' ? [e.ref ?? 'either'] : [])));
  return kinds.length > 0 && !kinds.includes('none');
}

/** Whether the arguments call nothing but functions of the model, which give the same each time (sg_page(), pfn_to_page(), page_folio()). */
function readsOnly({ model }: RulePass, { args }: ApiCall): boolean {
  const called = args.flatMap((a) => [...a.text.matchAll(/\b([a-z]\w*)\s*\(/g)].flatMap((m) => m[1] ?? []));
  return called.every((name) => {
    const rows = model.allRows(name);
    return rows.length > 0 && rows.every((row) => row.reference === undefined);
  });
}

/** Whether the function takes references of its own of pages that it has: one release may be for them. */
export function takesOwn({ model }: RulePass, { fn, unit }: ApiCall): boolean {
  return (
    fn !== undefined &&
    [...callsIn(unit, fn).keys()].some((name) =>
      model.allRows(name).some((row) => row.effects.some((e) => e.op === 'extra-ref')),
    )
  );
}

/** Whether pages that were taken without FOLL_WRITE are written to in the function that took them. */
import type { Effect } from '../../../../model/schema.ts';
import type { ApiCall, CallSite } from '../../../analysis/sites/site.ts';
import type { RulePass, UnitSpan } from '../../define.ts';
import { argumentOf } from '../facts.ts';

/** Whether the flags have FOLL_WRITE, or may have it, or are not known. */
export function asksForWrite({ flags }: CallSite): boolean {
  return !flags.known || flags.may.has('FOLL_WRITE') || flags.must.has('FOLL_WRITE');
}

/** A call behind the site that gets the page by its name and writes to it, or maps it for a device that does. */
export function writingCall(pass: RulePass, site: CallSite): ApiCall | undefined {
  const pages = argumentOf(site, 'pages', pass)?.text.replace(/\s+/g, '');
  const name = /^&?(\w+)$/.exec(pages ?? '')?.[1];
  if (name === undefined || site.fn === undefined) return undefined;
  const element = new RegExp(`^${name}(?:\\[\\w+\\])?$`);
  return pass.calls.find((call) => {
    if (call.unit !== site.unit || call.fn !== site.fn || call.span.start < site.span.end) return false;
    return call.rows.some((row) => row.effects.some((e) => writes(e, call, element)));
  });
}

/** A place behind the site, in its function, at which the CPU writes to the data through an address of the pages. */
export function storeBehind(
  pass: RulePass,
  site: CallSite,
): { readonly at: UnitSpan; readonly by: string } | undefined {
  const { unit, fn } = site;
  const record = pass.recordOf(site);
  // The flags of an iterator's pages say nothing of writing.
  if (fn === undefined || record === undefined || site.api.startsWith('iov_iter_')) return undefined;
  for (const { kind, location } of record.evidence) {
    if (kind !== 'write' || location.file !== unit.path) continue;
    const start = unit.lines.offset(location);
    if (start < site.span.end || start >= fn.bodySpan.end) continue;
    const span = { start, end: unit.lines.offset({ line: location.endLine, column: location.endColumn }) };
    const by = /^\w+(?=\s*\()/.exec(unit.text.slice(span.start, span.end))?.[0];
    return { at: { unit, span }, by: by === undefined ? 'the CPU' : `${by}()` };
  }
  return undefined;
}

function writes(effect: Effect, call: ApiCall, page: RegExp): boolean {
  const index = /^arg(\d+)$/.exec(effect.place)?.[1];
  if (index === undefined || !page.test(call.args[Number(index)]?.text.replace(/\s+/g, '') ?? '')) return false;
  if (effect.op === 'access') return effect.access === 'write' || effect.access === 'read-write';
  if (effect.op !== 'map' || effect.direction === undefined) return false;
  const direction = /^arg(\d+)$/.exec(effect.direction)?.[1];
  return (
    direction !== undefined && /^DMA_(?:FROM_DEVICE|BIDIRECTIONAL)$/.test(call.args[Number(direction)]?.text ?? '')
  );
}

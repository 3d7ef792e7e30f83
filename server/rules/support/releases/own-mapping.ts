/**
 * Mappings of a driver's own memory: an unmapped address that nothing but dma_map_single() of a buffer gave, a list that sg_init_one() filled.
 * By the text of the file: rules use it to stay silent.
 */
import { functionAt } from '../../../analysis/calls/call-index.ts';
import { textCall } from '../../../analysis/calls/call-text.ts';
import type { Span } from '../../../base/span.ts';
import type { CUnit } from '../../../syntax/unit.ts';

/** Where the address or the list stands among the arguments of an unmapping. */
const UNMAPPED = 1;
/** Where the memory stands among those of what maps it: dma_map_single(dev, buf, ...), sg_init_one(sg, buf, ...). */
const MAPPED = 1;

/** Ways from a page to an address: what comes so may be a user's. */
const OF_PAGE =
  /\b(?:page_address|page_to_virt|kmap\w*|vmap|phys_to_virt|pfn_to_\w+|__va|folio_address)\s*\(|\bpages?\b/;

/** Whether the unmapping at a place takes back what the file maps of memory that is its own, and of nothing else. */
export function unmapsOwnMemory(unit: CUnit, span: Span): boolean {
  const call = textCall(unit.code, span.start);
  const arg = call?.args[UNMAPPED];
  const field = arg === undefined ? undefined : /(?:->|\.)\s*(\w+)\s*$/.exec(unit.code.slice(arg.start, arg.end))?.[1];
  if (field === undefined) return false;
  const place = `(?:->|\\.)\\s*${field}`;
  const kept = [...unit.code.matchAll(new RegExp(`${place}\\s*=(?!=)\\s*`, 'g'))].map((m) => m.index + m[0].length);
  const filled = [...unit.code.matchAll(new RegExp(`\\bsg_init_one\\s*\\(\\s*&?[\\w.>-]*${place}\\s*,`, 'g'))].map(
    (m) => m.index,
  );
  const all = [...kept, ...filled];
  return all.length > 0 && all.every((offset) => mapsOwn(unit, offset));
}

/** Whether a call maps memory to which no way from a page leads in its function. */
function mapsOwn(unit: CUnit, offset: number): boolean {
  const call = textCall(unit.code, offset);
  const arg = call?.args[MAPPED];
  const fn = functionAt(unit, offset);
  if (call === undefined || arg === undefined || fn === undefined) return false;
  if (!/^(?:dma_map_single(?:_attrs)?|pci_map_single|sg_init_one)$/.test(call.name)) return false;
  const memory = unit.code.slice(arg.start, arg.end);
  const name = /^\w+$/.exec(memory.trim())?.[0];
  const sources = [
    ...unit.code
      .slice(fn.bodySpan.start, offset)
      .matchAll(new RegExp(`(?<![\\w.>])${name ?? ''}\\s*=(?!=)([^;]*);`, 'g')),
  ];
  return !OF_PAGE.test(memory) && (name === undefined || !sources.some((m) => OF_PAGE.test(m[1] ?? '')));
}

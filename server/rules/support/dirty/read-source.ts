/** Whether the memory that pages are taken of is the source of data by its very type. */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';

/**
 * Whether the address of a call is a pointer to const that its function was handed: nobody may write there, whatever the flags say. One that
 * chooses between reading and writing serves both, and its type says nothing.
 */
export function isReadSource(pass: RulePass, site: CallSite): boolean {
  const { unit, fn, flags } = site;
  if (flags.may.has('FOLL_WRITE') && !flags.must.has('FOLL_WRITE')) return false;
  const start = argumentOf(site, 'start', pass)?.text;
  if (fn === undefined || start === undefined) return false;
  const head = unit.code.slice(fn.nameSpan.end, fn.bodySpan.start);
  const name = /^\W*(?:\((?:unsigned\s+)?long\)|\(\s*(?:u64|uintptr_t)\s*\))?\s*(\w+)\W*$/.exec(start)?.[1];
  return name !== undefined && new RegExp(`\\bconst\\b[^,()]*\\*[^,()*]*\\b${name}\\b`).test(head);
}

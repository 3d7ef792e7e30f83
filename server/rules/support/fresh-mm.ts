/**
 * Whether an mm is one that nobody else can have yet: that of a program which is being loaded, or one that was just made. Nobody can unmap
 * its ranges meanwhile.
 */
import type { CallSite } from '../../analysis/sites/site.ts';
import type { RulePass } from '../define.ts';
import { argumentOf } from './facts.ts';

/** What is assigned where an mm is made, or none is there. */
const MADE = /^(?:mm_alloc\s*\(\s*\)|NULL)$/;

/** Whether the mm that a call walks is known to nobody but whoever makes it. */
export function isFreshMm(site: CallSite, pass: RulePass): boolean {
  const { unit, fn } = site;
  const mm = argumentOf(site, 'mm', pass);
  if (mm === undefined || fn === undefined) return false;
  const before = unit.code.slice(fn.span.start, mm.start);
  const text = mm.text.trim();
  return isFresh(text, before, unit.code) || (/^\w+$/.test(text) && isFreshVariable(text, before, unit.code));
}

/** A variable that holds nothing else ahead of the call, and was not put anywhere there. */
function isFreshVariable(name: string, before: string, file: string): boolean {
  const sources = [...before.matchAll(new RegExp(`(?<![\\w.>])${name}\\s*=(?!=)\\s*([^;,]+)`, 'g'))];
  const kept = new RegExp(`(?:->|\\.)\\s*\\w+\\s*=\\s*${name}\\s*[;,]|\\b(?:activate_mm|kthread_use_mm|use_mm)\\s*\\(`);
  return sources.length > 0 && !kept.test(before) && sources.every((m) => isFresh(m[1]?.trim() ?? '', before, file));
}

/** An expression that makes an mm, or a field that holds none but such. */
function isFresh(source: string, before: string, file: string): boolean {
  if (/^mm_alloc\s*\(\s*\)$/.test(source)) return true;
  const [, object, field] = /^([\w.>-]*?\w)\s*(?:->|\.)\s*(\w+)$/.exec(source) ?? [];
  if (object === undefined || field === undefined) return false;
  if (field === 'mm' && new RegExp(`\\bstruct\\s+linux_binprm\\s*\\*\\s*${object}\\b`).test(before)) return true;
  const set = [...file.matchAll(new RegExp(`(?:->|\\.)\\s*${field}\\s*=(?!=)\\s*([^;,}]+)`, 'g'))];
  const values = set.map((m) => m[1]?.trim() ?? '');
  return values.includes('mm_alloc()') && values.every((v) => MADE.test(v));
}

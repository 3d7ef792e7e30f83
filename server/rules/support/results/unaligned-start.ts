/**
 * Numbers of pages that are made of a length where the function itself shows that the address need not begin a page: it passes the address
 * rounded down, or asks after the call where in the page it lies. By the text of the function.
 */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Span } from '../../../base/span.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';

/** A number of pages made of a length alone. */
export interface CountedAlone {
  readonly span: Span;
  readonly length: string;
  readonly address: string;
}

const ROUNDED = [
  /^\(?\s*([\w.]+(?:->\w+)*)\s*&\s*PAGE_MASK\s*\)?$/,
  /^(?:round_down|rounddown|ALIGN_DOWN)\s*\(\s*([\w.]+(?:->\w+)*)\s*,\s*PAGE_SIZE\s*\)$/,
  /^PAGE_ALIGN_DOWN\s*\(\s*([\w.]+(?:->\w+)*)\s*\)$/,
  /^([\w.]+(?:->\w+)*)\s*-\s*offset_in_page\s*\(\s*\1\s*\)$/,
];

/** Roundings up of a length to pages. */
const COUNTS = [
  /^DIV_ROUND_UP(?:_ULL)?\s*\(\s*([^,]+?)\s*,\s*PAGE_SIZE\s*\)$/s,
  /^PAGE_ALIGN\s*\(\s*([^()]+?)\s*\)\s*(?:>>\s*PAGE_SHIFT|\/\s*PAGE_SIZE)$/s,
  /^\(\s*([^()]+?)\s*\+\s*PAGE_SIZE\s*-\s*1\s*\)\s*(?:>>\s*PAGE_SHIFT|\/\s*PAGE_SIZE)$/s,
];

/** Words of a length that has a place in a page in it, or is a difference of addresses. */
const PLACED = /offs|\boff\b|\bend\b|\blast\b|start|first|PAGE_|_MASK|pgoff|align|~/i;

/** The count of a site's pages where it is made of a length alone and the address of the site is shown to lie anywhere in a page. */
export function countedAlone(site: CallSite, pass: RulePass): CountedAlone | undefined {
  const { unit, fn, span } = site;
  const count = argumentOf(site, 'nr', pass);
  const start = argumentOf(site, 'start', pass);
  if (count === undefined || start === undefined || fn === undefined || !/^\w+$/.test(count.text)) return undefined;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const before = body.slice(0, span.start - fn.bodySpan.start);
  const address = addressOf(start.text, before, body.slice(span.end - fn.bodySpan.start));
  if (address === undefined || isAskedAligned(body, address)) return undefined;
  const made = assignments(before, count.text);
  const limits = made.filter(
    ({ text }) => /^min(?:_t)?\s*\(/.test(text) && !isPlaced(text.replace(/PAGE_SIZE/g, ''), address),
  );
  const [only, ...more] = made.filter((m) => !limits.includes(m));
  if (only === undefined || more.length > 0 || isStepped(before, count.text)) return undefined;
  const length = COUNTS.map((form) => form.exec(only.text)?.[1]).find((l) => l !== undefined);
  if (length === undefined || !isPure(length, address, before)) return undefined;
  if (fn.isStatic && /offset_in_page|PAGE_MASK/.test(unit.code.replace(body, ''))) return undefined;
  const at = fn.bodySpan.start + only.at;
  return { span: { start: at, end: at + only.text.length }, length: length.replace(/\s+/g, ' '), address };
}

/** The address that lies anywhere: rounded down for the call, or asked for its place in the page behind it. */
function addressOf(text: string, before: string, after: string): string | undefined {
  const bare = withoutCast(text);
  const [only, ...more] = /^\w+$/.test(bare) ? assignments(before, bare) : [];
  const made = only !== undefined && more.length === 0 ? withoutCast(only.text) : bare;
  for (const form of ROUNDED) {
    const address = form.exec(made)?.[1];
    if (address !== undefined) return address;
  }
  if (!/^\w+(?:->\w+|\.\w+)*$/.test(bare)) return undefined;
  const name = escaped(bare);
  const asks = new RegExp(`\\boffset_in_page\\s*\\(\\s*${name}\\s*\\)|\\b${name}\\s*&\\s*~\\s*PAGE_MASK`).test(after);
  return asks ? bare : undefined;
}

/** Whether some condition of the function asks whether the address begins a page. */
function isAskedAligned(body: string, address: string): boolean {
  const name = escaped(address);
  return (
    new RegExp(`\\b(?:PAGE_ALIGNED|IS_ALIGNED)\\s*\\([^;]*\\b${name}\\b`).test(body) ||
    new RegExp(
      `\\bif\\s*\\([^;{]*\\b(?:offset_in_page\\s*\\(\\s*${name}|${name}[^;{]*~\\s*PAGE_MASK|${name}[^;{]*PAGE_SIZE\\s*-\\s*1)`,
    ).test(body)
  );
}

/** Whether neither a length nor what its variables are made of has anything of an address in it. */
function isPure(length: string, address: string, before: string): boolean {
  if (isPlaced(length, address)) return false;
  return (length.match(/(?<![>.\w])[a-z_]\w*/g) ?? []).every((name) =>
    [...assignments(before, name), ...steps(before, name)].every(({ text }) => !isPlaced(text, address)),
  );
}

function isPlaced(text: string, address: string): boolean {
  return PLACED.test(text) || new RegExp(`\\b${escaped(address)}\\b`).test(text);
}

/** Whether a count is changed in place. */
function isStepped(text: string, name: string): boolean {
  return new RegExp(`(?:\\+\\+|--)\\s*${name}\\b|\\b${name}\\s*(?:\\+\\+|--|[-+|*/]=)`).test(text);
}

interface Assigned {
  readonly text: string;
  readonly at: number;
}

function assignments(text: string, name: string): Assigned[] {
  return [...text.matchAll(new RegExp(`(?<![>.\\w])${name}\\s*=\\s*([^;=]+);`, 'g'))].map((m) => ({
    text: (m[1] ?? '').trim(),
    at: m.index + m[0].indexOf(m[1] ?? ''),
  }));
}

function steps(text: string, name: string): Assigned[] {
  return [...text.matchAll(new RegExp(`(?<![>.\\w])${name}\\s*[-+|&]=\\s*([^;]+);`, 'g'))].map((m) => ({
    text: m[1] ?? '',
    at: m.index,
  }));
}

function withoutCast(text: string): string {
  return text.trim().replace(/^\(\s*(?:unsigned\s+long|u64|uintptr_t|u_long|ulong)\s*\)\s*/, '');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

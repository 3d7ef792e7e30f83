/**
 * Releases that miss the first or the last page of an array, or go one beyond it, as the text has it: `unpin_user_pages(pages, n - 1)`,
 * `for (i = 0; i <= n; i++)`, `while (--i > 0)`. The entries are those from 0 up to what is a number of pages by where it comes from, or by its name.
 */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { compact, conditionOf } from '../../../analysis/statements/statement-place.ts';
import { argumentNodes, calleeOf, callNodes, codeOf, loopsAround, pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import { type CNode, childByField } from '../../../syntax/node.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import { resultVariable } from '../results/result-variable.ts';
import { givesUserPages } from './user-releases.ts';

/** A release of other entries than there are pages. */
export interface ShiftedRelease {
  readonly call: ApiCall;
  /** The count, the bound or the start that is wrong. */
  readonly at: Span;
  /** What stands at `at`: a sum with a number, `&pages[1]`, a loop's test or first entry, a test that counts down; undefined for two at once. */
  readonly part: 'sum' | 'element' | 'bound' | 'start' | 'down' | undefined;
  /** What happens to which entry. */
  readonly fault: 'first left' | 'last left' | 'one more';
  readonly array: string;
  /** Whether the count is known for that of a call, and not by its name alone. */
  readonly proved: boolean;
}

/** The releases of a file that are off by an entry. */
export function shiftedReleases(pass: RulePass): readonly ShiftedRelease[] {
  return pass.calls.flatMap((call) => {
    if (call.unit !== pass.unit || call.fn === undefined || call.node === undefined) return [];
    if (!call.rows.some((r) => r.effects.some((e) => e.op === 'release'))) return [];
    const range = rangeOfArray(pass, call) ?? rangeOfLoop(call);
    const fault = range === undefined ? undefined : faultOf(range);
    if (range === undefined || fault === undefined || !givesUserPages(pass, call)) return [];
    if (isAskedSo(pass, call, range) || (fault !== 'one more' && isNamedApart(pass, call, range, fault))) return [];
    const proved = isProvedCount(pass, call, range.count);
    if (!proved && !isCountByName(call, range.count)) return [];
    return [{ call, at: range.at, part: range.part, fault, array: range.array, proved }];
  });
}

/** The entries from `from` up to `count + beyond`; `count` is empty for a loop down from wherever it stands. */
interface Range {
  readonly array: string;
  readonly from: number;
  readonly count: string;
  readonly beyond: number;
  readonly at: Span;
  readonly part: ShiftedRelease['part'];
}

function faultOf({ from, beyond }: Range): ShiftedRelease['fault'] | undefined {
  if (beyond > 0) return 'one more';
  if (beyond < 0) return 'last left';
  return from > 0 ? 'first left' : undefined;
}

/** A place: a variable, or a field that arrows and dots lead to. */
const PLACE = /^\*?\w+(?:(?:->|\.)\w+)*$/;

/** `n`, `n - 1`, `(n + 1)`: the place and what is added. */
function sumOf(code: string): { readonly place: string; readonly plus: number } | undefined {
  const plain = code.replace(/\s+/g, '').replace(/^\((.*)\)$/, '$1');
  const m = /^(.*?[\w)])(?:([-+])(\d))?$/.exec(plain);
  const place = m?.[1]?.replace(/^\((.*)\)$/, '$1');
  if (m === null || place === undefined || !PLACE.test(place) || /^\d/.test(place)) return undefined;
  return { place, plus: m[3] === undefined ? 0 : Number(`${m[2]}${m[3]}`) };
}

/** An array with a count: `pages, n - 1`; `pages + 1, n`. */
function rangeOfArray(pass: RulePass, call: ApiCall): Range | undefined {
  const pages = argumentOf(call, 'pages', pass);
  const nr = argumentOf(call, 'nr', pass);
  if (pages === undefined || nr === undefined) return undefined;
  const element = /^&(.+)\[(\d)\]$/.exec(compactText(pages.text));
  const start = isArrayOfSite(pass, call, pages.text)
    ? { place: compactText(pages.text), plus: 0 }
    : sumOf(element === null ? pages.text : `${element[1]}+${element[2]}`);
  const count = sumOf(nr.text);
  if (start === undefined || count === undefined || start.plus < 0) return undefined;
  const shifted = start.plus > 0;
  // From the second on to the last: whoever starts there has done something else with the first.
  if (shifted && start.plus + count.plus === 0) return undefined;
  const both = shifted && count.plus !== 0;
  return {
    array: start.place,
    from: start.plus,
    count: count.place,
    beyond: start.plus + count.plus,
    at: count.plus === 0 ? pages : nr,
    part: both ? undefined : shifted && element !== null ? 'element' : 'sum',
  };
}

/** Whether a call of the function took pages into just this array. */
function isArrayOfSite(pass: RulePass, { fn, unit }: ApiCall, array: string): boolean {
  return pass.sites.some(
    (s) =>
      s.fn === fn && s.unit === unit && compactText(argumentOf(s, 'pages', pass)?.text ?? '') === compactText(array),
  );
}

function compactText(code: string): string {
  return code.replace(/\s+/g, '');
}

/** A loop over the entries that gives back one a turn. */
function rangeOfLoop({ unit, fn, node }: ApiCall): Range | undefined {
  if (fn === undefined || node === undefined) return undefined;
  const loop = pathTo(treeOf(unit, fn), node).findLast((n) => /^(?:for|while)_statement$/.test(n.type));
  const condition = loop === undefined ? undefined : conditionOf(loop);
  const body = loop === undefined ? undefined : childByField(loop, 'body');
  if (loop === undefined || condition === undefined || body === undefined || node.start < body.start) return undefined;
  const test = compact(unit, condition);
  return loop.type === 'for_statement'
    ? upwards({ unit, loop, condition, body, test })
    : downwards({ unit, condition, body, test });
}

interface Loop {
  readonly unit: ApiCall['unit'];
  readonly condition: CNode;
  readonly body: CNode;
  readonly test: string;
}

/** `for (i = 0; i < n; i++)`. */
function upwards({ unit, loop, condition, body, test }: Loop & { readonly loop: CNode }): Range | undefined {
  const initializer = childByField(loop, 'initializer');
  const update = childByField(loop, 'update');
  if (initializer === undefined || update === undefined) return undefined;
  const m = /^(\w+)(<=?|!=)(.+)$/.exec(test);
  const bound = sumOf(m?.[3] ?? '');
  const index = m?.[1] ?? '';
  const first = new RegExp(`\\b${index}=(\\d)(?:[,;]|$)`).exec(compact(unit, initializer).replace(/\s/g, ''))?.[1];
  if (m === null || bound === undefined || first === undefined) return undefined;
  if (!/^(?:\+\+\w+|\w+\+\+)$/.test(compact(unit, update))) return undefined;
  const entry = entryIn(unit, body, index);
  if (entry === undefined) return undefined;
  const beyond = bound.plus + (m[2] === '<=' ? 1 : 0) + entry.plus;
  const from = Number(first) + entry.plus;
  const both = entry.plus !== 0 || (from > 0 && beyond !== 0);
  const part = both ? undefined : beyond === 0 ? 'start' : 'bound';
  return { array: entry.array, from, count: bound.place, beyond, at: beyond === 0 ? initializer : condition, part };
}

/** `while (--i > 0)`, which stops in front of the first. */
function downwards({ unit, condition, body, test }: Loop): Range | undefined {
  const index = /^(?:--(\w+)(?:>0|!=0)?|(\w+)-->1)$/.exec(test);
  const entry = index === null ? undefined : entryIn(unit, body, index[1] ?? index[2] ?? '');
  if (entry === undefined || entry.plus !== 0) return undefined;
  return { array: entry.array, from: 1, count: '', beyond: 0, at: condition, part: 'down' };
}

/** The one array of which the body names the entry of the turn, and no other entry. */
function entryIn(
  unit: ApiCall['unit'],
  body: CNode,
  index: string,
): { readonly array: string; readonly plus: number } | undefined {
  const code = compact(unit, body);
  const entries = [...code.matchAll(/(\w+(?:(?:->|\.)\w+)*)\[([^\]]*)\]/g)];
  const found = entries.map((m) => ({ array: m[1] ?? '', at: sumOf(m[2] ?? '') }));
  const [first] = found;
  if (first?.at?.place !== index || found.some((f) => f.at?.place !== index || f.at.plus !== first.at?.plus))
    return undefined;
  const others = code.replace(/\[[^\]]*\]/g, '');
  if (new RegExp(`\\b(?:continue|break|for|while)\\b|\\b${index}\\b`).test(others)) return undefined;
  return { array: first.array, plus: first.at.plus };
}

/**
 * Whether the function may give the entry that is left out back apart, or keep it: it names that entry, gives back a single one of the array
 * outside of loops, or hands the array without its count to a function that nobody knows.
 */
function isNamedApart(
  pass: RulePass,
  release: ApiCall,
  { array, count }: Range,
  fault: ShiftedRelease['fault'],
): boolean {
  const { unit, fn } = release;
  if (fn === undefined) return true;
  const code = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end).replace(/\s+/g, '');
  const names =
    fault === 'last left'
      ? [`${array}[${count}-1]`, `${array}+${count}-1`]
      : [`${array}[0]`, `(*${array}`, `=*${array}`];
  if (names.some((name) => code.includes(name))) return true;
  const tree = treeOf(unit, fn);
  return callNodes(tree).some((call) => {
    if (call === release.node) return false;
    const callee = calleeOf(call);
    const rows = pass.model.allRows(callee === undefined ? '' : codeOf(unit, callee));
    const args = argumentNodes(call).map((a) => compact(unit, a));
    // Who is told the whole number keeps no single entry.
    if (rows.length === 0) return args.includes(array) && !args.includes(count);
    const single = rows.some((r) => r.effects.some((e) => e.op === 'release'));
    return single && args.some((a) => a.startsWith(`${array}[`)) && loopsAround(tree, call).length === 0;
  });
}

/** Whether a call of the file asks for as many more or fewer than the count says: `nr + 1` are given back where `nr + 1` were taken. */
function isAskedSo(pass: RulePass, { unit, fn }: ApiCall, { count, beyond }: Range): boolean {
  const last = (place: string): string | undefined => /\w+$/.exec(place)?.[0];
  const own = pass.sites.filter((site) => site.fn === fn && site.unit === unit);
  return (own.length > 0 ? own : pass.sites).some((site) => {
    const asked = site.unit === unit ? sumOf(argumentOf(site, 'nr', pass)?.text ?? '') : undefined;
    if (asked === undefined || asked.plus !== beyond || beyond === 0) return false;
    return site.fn === fn ? asked.place === count : last(asked.place) === last(count);
  });
}

/** Whether a call of the function returned the count, or was asked for as many. */
function isProvedCount(pass: RulePass, call: ApiCall, count: string): boolean {
  return pass.sites.some((site) => {
    if (site.fn !== call.fn || site.unit !== call.unit || site.span.start > call.span.start) return false;
    if (!isUnchanged(call, count)) return false;
    return resultVariable(site)?.name === count || argumentOf(site, 'nr', pass)?.text.replace(/\s+/g, '') === count;
  });
}

const COUNT = /^(?:n|nr|num|got|ret|rc|\w*(?:pages|pgs|count|cnt|pinned|nents)|(?:n|nr|num|no)_\w+)$/;

/** Whether a place is a number of pages by its name, and nothing in the function counts it up or down. */
function isCountByName(call: ApiCall, count: string): boolean {
  if (count === '') return true;
  return COUNT.test(/\w+$/.exec(count)?.[0] ?? '') && isUnchanged(call, count);
}

function isUnchanged({ unit, fn }: ApiCall, place: string): boolean {
  if (fn === undefined) return false;
  const code = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end).replace(/\s+/g, '');
  const name = place.replace(/[.*]/g, '\\$&');
  return !new RegExp(`(?<![\\w.>])${name}(?:\\+\\+|--|-=)|(?:\\+\\+|--)${name}(?!\\w)`).test(code);
}

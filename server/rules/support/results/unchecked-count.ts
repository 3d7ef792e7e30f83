/**
 * Counts that user space names and nothing on the way holds against the room of the array: `req.nr` of what copy_from_user() filled, the
 * length that a write() is given. By the text of the function, and of its only caller where the count is a parameter.
 */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import { callersOf, hooksOf } from '../../../analysis/evidence/callers.ts';
import { parameters } from '../../../analysis/locals.ts';
import { aloneView } from '../../../analysis/project-view.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { compact } from '../../../analysis/statements/statement-place.ts';
import { argumentNodes } from '../../../analysis/trees.ts';
import { type CNode, walk } from '../../../syntax/node.ts';
import { typeOfExpression } from '../../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { spellingsOf } from '../../fixes/text-scan.ts';
import { argumentOf } from '../facts.ts';
import { isHandedOn } from './handed-on.ts';

/** Operations of a file by the place of the parameter that user space chooses. */
const CHOSEN: ReadonlyMap<string, number> = new Map([
  ['write', 2],
  ['read', 2],
  ['unlocked_ioctl', 2],
  ['compat_ioctl', 2],
]);

/** Calls that count pages or bytes, and leave a large number large. */
const COUNTS =
  /\b(?:DIV_ROUND_UP\w*|PFN_(?:UP|DOWN)|PAGE_ALIGN|ALIGN|round_?(?:up|down)|offset_in_page|sizeof)\s*(?=\()/g;

/** A shift from bytes to pages. */
const BY_PAGES = />>\s*(?:PAGE_SHIFT|\d|1[0-6])\b/g;

/** Assignments that are followed from a count to what user space named. */
const MAX_STEPS = 3;

/** A function's text up to an offset. */
interface Ahead {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly before: string;
}

/** What user space names as the number of pages, unchecked; undefined where something may check it. */
export function uncheckedCount(site: CallSite, pass: RulePass): string | undefined {
  const { unit, fn, span } = site;
  const count = argumentOf(site, 'nr', pass)?.text.trim();
  if (fn === undefined || count === undefined) return undefined;
  return namedByUser({ unit, fn, before: unit.code.slice(fn.bodySpan.start, span.start) }, count, 1);
}

function namedByUser(at: Ahead, expression: string, callers: number): string | undefined {
  let names = namesIn(expression);
  let text = expression;
  for (let step = 0; step <= MAX_STEPS; step++) {
    if (names.length === 0 || !staysLarge(text) || names.some((name) => mayBeChecked(at.before, name)))
      return undefined;
    const found = names.find((name) => isOfUser(at, name));
    if (found !== undefined) return isWide(at, found) ? found : undefined;
    const parameter = names.length === 1 ? parameterOf(at, names[0] ?? '') : undefined;
    if (parameter !== undefined) return callers > 0 ? namedByCaller(at, parameter, callers) : undefined;
    const sources = names.flatMap((name) => sourceOf(at.before, name) ?? []);
    if (sources.length === 0) return undefined;
    text = sources.join(' ');
    names = namesIn(text);
  }
  return undefined;
}

/** Whether an expression is large where what it is made of is: sums, products and numbers of pages are, answers, bits, table entries and the like are not. */
function staysLarge(expression: string): boolean {
  const plain = expression.replaceAll('->', '.').replace(COUNTS, '').replace(BY_PAGES, '');
  return !/[?!<>=|^~%[\]]|&(?!&)|\w\s*\(/.test(plain);
}

/** Whether a value is known for one of 32 bits or more: what has fewer is bounded by its type. */
function isWide({ unit, fn }: Ahead, name: string): boolean {
  const field = /\w+$/.exec(name)?.[0] ?? name;
  if (new RegExp(`\\b${field}\\s*:\\s*\\d`).test(unit.code)) return false;
  let node: CNode | undefined;
  walk(treeOf(unit, fn), (n) => {
    if (/^(?:identifier|field_expression)$/.test(n.type) && compact(unit, n) === name) node ??= n;
    return node === undefined;
  });
  const bits = node === undefined ? undefined : typeOfExpression(unit, fn, node)?.bits;
  return bits !== undefined && bits >= 32;
}

/** The part of an address that lies within its page: never more than one. */
const WITHIN_PAGE = /\boffset_in_page\s*\([^()]*\)/g;

/** The variables and fields that an expression is computed from; constants left out. */
function namesIn(expression: string): string[] {
  const all = expression.replace(WITHIN_PAGE, '').match(/\b[a-z_]\w*(?:\s*(?:->|\.)\s*\w+)*\b(?!\s*\()/g) ?? [];
  return [...new Set(all.map((name) => name.replace(/\s+/g, '')))].filter(
    (n) => !/^(?:unsigned|int|long|size_t|u\d+|struct|sizeof)$/.test(n),
  );
}

/** A test of what is left over of whole pages. */
const ASKS_FOR_REST = /\bif\s*\([^;{}<>|&]*%[^;{}<>|&]*\)(?=\s*(?:\w+\s*\+=\s*1|\w+\s*\+\+|\+\+\s*\w+)\s*;)/g;

/** Whether something ahead compares a value, holds it within bounds, or hands its object to who may. */
function mayBeChecked(all: string, name: string): boolean {
  const before = all.replace(ASKS_FOR_REST, ' ');
  const spelled = spellingsOf(name);
  // A field that is set anew behind what filled it may be anything.
  if (/\W/.test(name) && new RegExp(`(?<![\\w.>])${spelled}\\s*(?:[-+*/%|&]|<<|>>)?=(?!=)`).test(before)) return true;
  const compared = `(?<![\\w.>])${spelled}(?![\\w(])[^;{}&|]*(?:(?<![<>])[<>](?![<>])|==|!=)|(?<![<>])[<>](?![<>])=?\\s*[^;{}&|]*?(?<![\\w.>])${spelled}\\b`;
  if (new RegExp(`\\b(?:if|while|for|WARN_ON\\w*|BUG_ON|switch)\\s*\\([^;{}]*(?<![\\w.>])${spelled}\\b`).test(before))
    return true;
  if (new RegExp(compared).test(before.replace(/->/g, '.'))) return true;
  const object = /^\w+/.exec(name)?.[0] ?? name;
  return isHandedOn(before, `(?<![\\w.>])(?:${object}\\b(?!\\s*(?:->|\\.))|${spelled}(?!\\w))`);
}

/** Whether user space names a value: a field of what was copied from there, a variable that was read there. */
function isOfUser({ unit, fn, before }: Ahead, name: string): boolean {
  const [, object = name, field] = /^(\w+)(?:->|\.)(\w+)$/.exec(name) ?? [];
  const copied = `\\bcopy_from_user\\s*\\(\\s*&?\\s*${object}\\s*,|\\bget_user\\s*\\(\\s*${name.replace('.', '\\.')}\\s*,`;
  if (new RegExp(copied).test(before)) return true;
  if (field !== undefined) return false;
  const index = parameterOf({ unit, fn, before }, name);
  return hooksOf(unit, fn, aloneView).some(
    (h) => h.kind === 'field' && CHOSEN.get(h.field) === index && index !== undefined,
  );
}

/** The place of the parameter that a name is. */
function parameterOf({ unit, fn }: Ahead, name: string): number | undefined {
  const index = parameters(unit, treeOf(unit, fn)).findIndex((p) => p.name === name);
  return index < 0 ? undefined : index;
}

/** What the only caller passes for a parameter. */
function namedByCaller({ unit, fn }: Ahead, index: number, callers: number): string | undefined {
  const [caller, other] = fn.isStatic ? callersOf(unit, fn, aloneView) : [];
  if (caller === undefined || other !== undefined || hooksOf(unit, fn, aloneView).length > 0) return undefined;
  const arg = argumentNodes(caller.node)[index];
  if (arg === undefined) return undefined;
  const before = caller.unit.code.slice(caller.fn.bodySpan.start, caller.node.start);
  return namedByUser(
    { unit: caller.unit, fn: caller.fn, before },
    caller.unit.code.slice(arg.start, arg.end),
    callers - 1,
  );
}

/** What a variable was last set to; undefined where it is set in several ways. */
function sourceOf(before: string, name: string): string | undefined {
  if (!/^\w+$/.test(name)) return undefined;
  const sets = [
    ...before.matchAll(new RegExp(`(?<![\\w.>])${name}\\s*([-+*/|&]?)=(?!=)\\s*([^;,]+(?:\\([^;]*\\))?[^;,]*)`, 'g')),
  ];
  // One more for a part of a page changes nothing.
  const [only, ...others] = sets;
  const grows = others.every((m) => m[1] === '+' && /^\s*\d+\s*$/.test(m[2] ?? ''));
  return only === undefined || !grows || only[1] !== '' ? undefined : only[2];
}

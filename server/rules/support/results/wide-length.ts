/**
 * Lengths of 64 bits that nothing limits before pages are counted from them: parameters, locals that get what user space gave, and members of
 * a structure that copy_from_user() filled. By the text of the function before the call.
 */
import type { CallSite } from '../../../analysis/sites/site.ts';
import { type CType, isInteger } from '../../../syntax/ctype.ts';
import { fieldType, variablesOf } from '../../../syntax/types.ts';

/** A length as the text names it. `fromUser`: the function brings it from user space itself, so that no caller can have limited it. */
export interface WideLength {
  readonly text: string;
  readonly fromUser: boolean;
}

/** Words in names of lengths. */
const LENGTH = /len|size|count|bytes|end/;

/** The type of a local or a parameter of a site's function; undefined where the name is not of one alone. */
export function variableType({ unit, fn }: CallSite, name: string): CType | undefined {
  const all = fn === undefined ? [] : variablesOf(unit, fn).filter((v) => v.name === name);
  return all.length === 1 ? all[0]?.type : undefined;
}

/** The length of 64 bits that an expression before a site counts pages from, where neither it nor the count is limited. */
export function wideLength(site: CallSite, expression: string, count: string): WideLength | undefined {
  const { unit, fn, span } = site;
  if (fn === undefined) return undefined;
  const before = unit.code.slice(fn.bodySpan.start, span.start);
  const head = unit.code.slice(fn.nameSpan.end, fn.bodySpan.start);
  const isWide = (type: CType | undefined): boolean => type !== undefined && isInteger(type) && type.bits === 64;
  for (const [text, object, member] of expression.matchAll(/\b([a-z_]\w*)(?:(?:\.|->)(\w+))?\b/g)) {
    const name = member ?? object ?? '';
    if (!LENGTH.test(name) || isLimited(before, [count, name])) continue;
    if (member !== undefined) {
      const { tag } = variableType(site, object ?? '') ?? {};
      if (tag === undefined || !isFilledByUser(before, object ?? '') || !isWide(fieldType(unit, tag, member))) continue;
      return { text, fromUser: true };
    }
    if (!isWide(variableType(site, name))) continue;
    const fromUser = isFromUser(before, name);
    if (fromUser || new RegExp(`\\b${name}\\s*[,)]`).test(head)) return { text, fromUser };
  }
  return undefined;
}

/** Whether a local is assigned once, from a member of what user space gave: nobody has limited that before. */
function isFromUser(text: string, name: string): boolean {
  const [only, ...more] = text.matchAll(
    new RegExp(`(?<![>.\\w])${name}\\s*=\\s*(?:\\(u64\\)\\s*)?(\\w+)(?:\\.|->)(\\w+)\\s*;`, 'g'),
  );
  if (only?.[1] === undefined || only[2] === undefined || more.length > 0) return false;
  if (new RegExp(`(?<![>.\\w])${name}\\s*[-+*|&]?=(?!=)`, 'g').test(text.slice(only.index + only[0].length)))
    return false;
  return isFilledByUser(text, only[1]) && !isLimited(text, [only[2]]);
}

/** Whether a variable, or what it points to, is filled from user space. */
function isFilledByUser(text: string, name: string): boolean {
  return new RegExp(`\\bcopy_from_user\\s*\\(\\s*&?${name}\\b`).test(text);
}

/** Tests that leave a length as long as memory: that it is not 0, and that what is added to it does not wrap round. */
const NO_LIMIT = [
  /\(?\b(\w+)\s*\+\s*(\w+)\b\s*\)?\s*<=?\s*(?:\1|\2)\b/g,
  /\b\w+\s*[!=]=\s*0\b/g,
  /\b\w+\s*>=?\s*\(?\s*(?:U64_MAX|ULLONG_MAX|ULONG_MAX|SIZE_MAX)\b(?!\s*(?:\/|>>))/g,
];

/** Whether one of the names is compared, or bounded otherwise, in a text. */
function isLimited(code: string, names: readonly string[]): boolean {
  const text = NO_LIMIT.reduce((rest, test) => rest.replace(test, ''), code);
  return names.some((name) =>
    new RegExp(
      `\\b${name}\\s*\\)?\\s*(?:[<>]=?(?![<>])|[!=]=|>>\\s*(?:[23]\\d)\\b)|[^<>-][<>]=?\\s*\\(?\\s*${name}\\b|\\b(?:min|clamp|check|limit|overflow)\\w*\\s*\\([^;]*\\b${name}\\b`,
    ).test(text),
  );
}

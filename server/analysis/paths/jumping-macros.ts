/** Function-like macros of a unit that leave the function or jump in it, and take no pages themselves. */
import type { MacroText } from '../../flow/lower-context.ts';
import { parseExpression } from '../../syntax/parse-function.ts';
import type { CUnit, MacroDef } from '../../syntax/unit.ts';
import { macroText } from '../calls/call-text.ts';

/** Characters of a body beyond which a macro is no small helper. */
const MAX_BODY = 600;

const known = new WeakMap<CUnit, Map<string, MacroText | undefined>>();

/** The body of such a macro by its name; undefined for what is none. */
export function jumpingMacro(unit: CUnit, name: string): MacroText | undefined {
  let own = known.get(unit);
  if (own === undefined) {
    own = new Map();
    for (const macro of unit.macros) {
      if (jumps(unit, macro)) own.set(macro.name, own.has(macro.name) ? undefined : textOf(unit, macro));
    }
    known.set(unit, own);
  }
  return own.get(name);
}

/** Calls that take pages are sites of their own, where they are written. */
const TAKES_PAGES =
  /\b(?:get_user_page|pin_user_page|get_dump_page|__get_user_page|iov_iter_(?:get|extract)_pages|memfd_pin_folios)/;

function jumps(unit: CUnit, macro: MacroDef): boolean {
  const { params, bodySpan } = macro;
  if (params === undefined || bodySpan.end - bodySpan.start > MAX_BODY || params.some((p) => !/^\w+$/.test(p)))
    return false;
  const text = macroText(unit, macro);
  return /\b(?:goto|return)\b/.test(text) && !text.includes('#') && !TAKES_PAGES.test(text);
}

function textOf(unit: CUnit, macro: MacroDef): MacroText | undefined {
  const body = parseExpression(unit, macro.bodySpan);
  if (body?.type !== 'compound_statement') return undefined;
  const { start, end } = macro.bodySpan;
  const code = `${' '.repeat(start)}${macroText(unit, macro)}${' '.repeat(unit.text.length - end)}`;
  return { body, source: { text: unit.text, code }, params: macro.params ?? [] };
}

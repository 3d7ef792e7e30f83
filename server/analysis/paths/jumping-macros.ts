/** Function-like macros of a unit or its headers that leave the function or jump in it, and take no pages themselves. */
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
  if (
    params === undefined ||
    bodySpan.end - bodySpan.start > MAX_BODY ||
    params.some((p) => !/^\w*(?:\.{3})?$/.test(p))
  )
    return false;
  const text = macroText(unit, macro);
  const pastes = /(?<!,\s*)##/.test(text);
  return /\b(?:goto|return)\b/.test(text) && !pastes && !TAKES_PAGES.test(text);
}

function textOf(unit: CUnit, macro: MacroDef): MacroText | undefined {
  const body = parseExpression(unit, macro.bodySpan);
  if (body?.type !== 'compound_statement') return undefined;
  const { start, end } = macro.bodySpan;
  const code = `${' '.repeat(start)}${macroText(unit, macro)}${' '.repeat(unit.text.length - end)}`;
  return { body, source: { text: unit.text, code }, params: macro.params ?? [] };
}

/** Such macros of the headers of some units, which all that include them share. */
export class HeaderMacros {
  readonly #byName = new Map<string, MacroText | undefined>();

  constructor(units: readonly CUnit[]) {
    const headers = units.filter(({ path }) => path.endsWith('.h'));
    for (const unit of headers) for (const { name } of unit.macros) this.#add(name, jumpingMacro(unit, name));
  }

  /** What headers make differently stands for nothing. */
  #add(name: string, macro: MacroText | undefined): void {
    if (macro === undefined) return;
    const known = this.#byName.get(name);
    if (!this.#byName.has(name)) this.#byName.set(name, macro);
    else if (known === undefined || spelled(known) !== spelled(macro)) this.#byName.set(name, undefined);
  }

  /** The macro that a unit means by a name: its own, or that of a header. */
  of(unit: CUnit, name: string): MacroText | undefined {
    const isOwn = unit.macros.some((m) => m.name === name) || unit.functions.some((f) => f.name === name);
    return isOwn ? jumpingMacro(unit, name) : this.#byName.get(name);
  }

  /** How those of headers are spelled that a unit's function may mean by the names it calls. */
  spelledIn(unit: CUnit, names: ReadonlySet<string>): readonly string[] {
    if (this.#byName.size === 0) return [];
    return [...names].flatMap((name) => {
      const macro = this.#byName.has(name) ? this.of(unit, name) : undefined;
      return macro === undefined ? [] : [`${name} ${spelled(macro)}`];
    });
  }
}

function spelled({ source, params }: MacroText): string {
  return `${params.join()} ${source.code.trim()}`;
}

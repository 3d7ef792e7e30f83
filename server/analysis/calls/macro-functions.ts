/**
 * Function-like macros of a project as functions: a body that is an expression returns it, one of statements is run. By value, as a
 * function would take its arguments, so macros that write to a parameter, or take its address for somebody who does, are left out.
 */
import type { CNode } from '../../syntax/node.ts';
import { parseExpression } from '../../syntax/parse-function.ts';
import type { CUnit, FunctionDef, MacroDef } from '../../syntax/unit.ts';
import { macroText } from './call-text.ts';

/** A macro that stands for a function. */
export interface MacroFunction {
  readonly unit: CUnit;
  readonly macro: MacroDef;
  /** The macro as a function of the unit: the places of its name and of its body. */
  readonly fn: FunctionDef;
  /** Names that stand before an argument list in its body. */
  readonly calls: ReadonlySet<string>;
}

/** Characters of a body beyond which a macro is no small helper. */
const MAX_BODY = 2000;

/** What the tree of a macro's body is lowered from. */
export interface MacroBody {
  readonly body: CNode;
  readonly source: { readonly text: string; readonly code: string };
  readonly params: readonly string[];
}

const byFunction = new WeakMap<FunctionDef, MacroFunction>();
const byUnit = new WeakMap<CUnit, readonly MacroFunction[]>();

/** The macros of a unit that stand for functions. The kernel's own headers are the model's to speak for. */
export function macroFunctions(unit: CUnit): readonly MacroFunction[] {
  let found = byUnit.get(unit);
  if (found === undefined) {
    found = isKernelHeader(unit) ? [] : unit.macros.flatMap((macro) => asFunction(unit, macro) ?? []);
    byUnit.set(unit, found);
  }
  return found;
}

/** The macro that a function was made of; undefined for a function. */
export function macroBehind(fn: FunctionDef): MacroFunction | undefined {
  return byFunction.get(fn);
}

/** Whether a unit is one of the kernel's own headers. */
export function isKernelHeader(unit: CUnit): boolean {
  return /(?:^|\/)include\/(?:linux|asm|asm-generic)\//.test(unit.path);
}

/** `#define my_pin pin_user_pages`: the one name that an object-like macro stands for. */
export function aliasOf(unit: CUnit, macro: MacroDef): string | undefined {
  if (macro.params !== undefined || macro.bodySpan.end - macro.bodySpan.start > 200) return undefined;
  return /^[\s(]*([A-Za-z_]\w*)[\s)]*$/.exec(macroText(unit, macro))?.[1];
}

/** The tree of a macro's body as that of a function; undefined where it is no C by itself. */
export function macroBody({ unit, macro }: MacroFunction): MacroBody | undefined {
  const tree = parseExpression(unit, macro.bodySpan);
  if (tree === undefined) return undefined;
  const { start, end } = macro.bodySpan;
  const body = tree.type === 'compound_statement' ? tree : returning(tree);
  const code = `${' '.repeat(start)}${macroText(unit, macro)}${' '.repeat(unit.text.length - end)}`;
  return { body, source: { text: unit.text, code }, params: macro.params ?? [] };
}

function returning(value: CNode): CNode {
  const place = { start: value.start, end: value.end, field: undefined, missing: false };
  const statement: CNode = { ...place, type: 'return_statement', children: [{ ...value, field: undefined }] };
  return { ...place, type: 'compound_statement', children: [statement] };
}

function asFunction(unit: CUnit, macro: MacroDef): MacroFunction | undefined {
  const { params, bodySpan } = macro;
  if (params === undefined || bodySpan.end - bodySpan.start > MAX_BODY || params.some((p) => !/^\w+$/.test(p)))
    return undefined;
  const text = macroText(unit, macro);
  if (!text.includes('(') || text.includes('#')) return undefined;
  const calls = new Set([...text.matchAll(/(?<![\w.]|->)[A-Za-z_]\w*(?=\s{0,20}\()/g)].map(([name]) => name));
  if (calls.size === 0 || params.some((p) => writes(text, p))) return undefined;
  const span = { start: macro.nameSpan.start, end: bodySpan.end };
  const fn: FunctionDef = {
    name: macro.name,
    nameSpan: macro.nameSpan,
    span,
    bodySpan,
    isStatic: true,
    viaMacro: undefined,
  };
  const made = { unit, macro, fn, calls };
  byFunction.set(fn, made);
  return made;
}

/**
 * Whether a body writes to a parameter itself, or takes its address: the caller's variable changes, which a function could not do. The
 * address of what a parameter points to is another matter.
 */
function writes(text: string, param: string): boolean {
  const p = `\\(*\\s*\\b${param}\\b\\s*\\)*`;
  return new RegExp(
    `(?<![.\\w*]|->)${p}\\s*(?:[-+*/|&^]|<<|>>)?=(?!=)|${p}\\s*(?:\\+\\+|--)|(?:\\+\\+|--)\\s*${p}|(?<=[(,=]\\s*)&\\s*${p}(?!\\s*(?:->|\\[))`,
  ).test(text);
}

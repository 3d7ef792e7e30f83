/**
 * Units as objects. One lives on while a document is typed in, as long as nothing but bodies of functions changes and what stands
 * behind them stays where it was: all that was found out of the other functions is kept by identity and stays right.
 */
import { differenceOf } from '../base/changed.ts';
import { LineIndex } from '../base/line-index.ts';
import { type LoadPiece, retyped } from './retyped.ts';
import type { CUnit, FunctionDef } from './unit.ts';

/** What a unit is made of. */
export type UnitParts = Omit<CUnit, 'version' | 'surroundings' | 'lines'>;

/** In a body: what counts beyond its function, a macro or the definition of a type. */
const REACHES_OUT =
  /^[ \t]*#[ \t]*(?:define|undef|include)(?:\\\r?\n|.)*|\b(?:struct|union|enum)\b[^;(){}=]*\{|\btypedef\b[^;]*;?/gm;

const SPACES = /^ *$/;

/** A unit. */
export class LiveUnit implements CUnit {
  declare readonly path: string;
  declare readonly range: CUnit['range'];
  declare readonly text: string;
  declare readonly code: string;
  declare readonly functions: CUnit['functions'];
  declare readonly declarations: CUnit['declarations'];
  declare readonly macros: CUnit['macros'];
  declare readonly includes: CUnit['includes'];
  declare readonly conditions: CUnit['conditions'];
  declare readonly annotations: CUnit['annotations'];
  declare readonly regions: CUnit['regions'];
  declare readonly guessed: CUnit['guessed'];
  declare readonly openBranches: CUnit['openBranches'];
  version: object = {};
  surroundings: object = {};
  #lines: LineIndex | undefined;

  constructor(parts: UnitParts) {
    this.#become(parts);
  }

  get lines(): LineIndex {
    this.#lines ??= new LineIndex(this.text);
    return this.#lines;
  }

  /** Some file changed, and nobody knows whether what was concluded of this one rests on it. */
  renewSurroundings(): void {
    this.surroundings = {};
  }

  /**
   * Takes the text of a unit that was loaded from what this one's file has become. False, with nothing changed, where more than bodies
   * of functions is different or has moved; functions whose text is the same stay the same objects.
   */
  takeOver(fresh: CUnit): boolean {
    const functions = sameOutside(this, fresh);
    if (functions === undefined) return false;
    this.#become({ ...fresh, functions });
    return true;
  }

  /** The same for a text that is not loaded yet: where it can, only the function that was typed in is. */
  retype(text: string, load: LoadPiece): boolean {
    const parts = retyped(this, text, load);
    if (parts === undefined || !this.#staysInside(parts)) return false;
    this.#become(parts);
    return true;
  }

  #staysInside(parts: UnitParts): boolean {
    return parts.functions.every((fn, i) => {
      const old = this.functions[i];
      return fn === old || (old !== undefined && reachingOut(this, old) === reachingOut(parts, fn));
    });
  }

  #become(parts: UnitParts): void {
    this.#lines = this.#lines?.retyped(parts.text, differenceOf(this.text, parts.text).after);
    Object.assign(this, parts);
    this.version = {};
    this.surroundings = {};
  }
}

/** The functions of `b`, those of `a` in place of the ones that are the same; undefined where the texts differ outside bodies. */
function sameOutside(a: CUnit, b: CUnit): readonly FunctionDef[] | undefined {
  if (a.text.length !== b.text.length || a.functions.length !== b.functions.length) return undefined;
  const out: FunctionDef[] = [];
  let from = 0;
  for (const [i, f] of a.functions.entries()) {
    const g = b.functions[i];
    if (g === undefined || !sameHead(f, g) || !sameText(a, b, from, f.bodySpan.start)) return undefined;
    const end = Math.max(f.span.end, g.span.end);
    if (sameText(a, b, f.bodySpan.start, end)) out.push(f);
    else if (endsBefore(a, f, end) && endsBefore(b, g, end) && reachingOut(a, f) === reachingOut(b, g)) out.push(g);
    else return undefined;
    from = end;
  }
  return sameText(a, b, from, a.text.length) ? out : undefined;
}

function sameHead(f: FunctionDef, g: FunctionDef): boolean {
  return (
    f.name === g.name &&
    f.isStatic === g.isStatic &&
    f.viaMacro === g.viaMacro &&
    f.nameSpan.start === g.nameSpan.start &&
    f.span.start === g.span.start &&
    f.bodySpan.start === g.bodySpan.start
  );
}

function sameText(a: CUnit, b: CUnit, from: number, to: number): boolean {
  return a.text.slice(from, to) === b.text.slice(from, to) && a.code.slice(from, to) === b.code.slice(from, to);
}

/** Whether only blanks follow a body up to `end`. */
function endsBefore({ text }: CUnit, fn: FunctionDef, end: number): boolean {
  return SPACES.test(text.slice(fn.bodySpan.end, end));
}

/** A body up to the end of the last thing in it that counts beyond its function; empty where nothing does. */
function reachingOut({ text, code }: Pick<CUnit, 'text' | 'code'>, { bodySpan }: FunctionDef): string {
  let end = bodySpan.start;
  for (const m of text.slice(bodySpan.start, bodySpan.end).matchAll(REACHES_OUT)) {
    const after = bodySpan.start + m.index + m[0].length;
    end = Math.max(end, m[0].endsWith('{') ? behindBrace(code, after, bodySpan.end) : after);
  }
  return text.slice(bodySpan.start, end);
}

/** Behind the brace that closes the one in front of an offset; `end` where none does. */
function behindBrace(code: string, from: number, end: number): number {
  let open = 1;
  for (let i = from; i < end; i++) {
    if (code[i] === '{') open++;
    else if (code[i] === '}' && --open === 0) return i + 1;
  }
  return end;
}

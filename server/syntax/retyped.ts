/**
 * What a unit becomes when somebody types in one of its functions: that function alone is loaded again, in its own text. Gives
 * nothing where the change means anything beyond that, and then the whole file is to be loaded.
 */
import { differenceOf } from '../base/changed.ts';
import type { Span } from '../base/span.ts';
import type { UnitParts } from './live-unit.ts';
import { CH, strip } from './strip.ts';
import type { Annotation, CUnit, FunctionDef } from './unit.ts';

/** Loads a piece of the unit's file as if it were one. */
export type LoadPiece = (text: string) => CUnit;

/** The parts of the unit with its text replaced; undefined where more than one function's body, or anything behind it, is different. */
export function retyped(unit: CUnit, text: string, load: LoadPiece): UnitParts | undefined {
  if (text.length !== unit.text.length) return undefined;
  const changed = differenceOf(unit.text, text).after;
  const index = unit.functions.findIndex((f) => f.bodySpan.start < changed.start && changed.start < f.bodySpan.end);
  const old = unit.functions[index];
  if (old === undefined || isDirected(unit, old)) return undefined;
  const region = { start: old.span.start, end: Math.max(old.span.end, changed.end) };
  const was = pieceOf(unit.text, region, load);
  const now = pieceOf(text, region, load);
  if (was === undefined || now === undefined || was.code !== unit.code.slice(region.start, region.end))
    return undefined;
  const fn = moved(now.fn, region.start);
  if (fn.name !== old.name || fn.bodySpan.start !== old.bodySpan.start || fn.isStatic !== old.isStatic)
    return undefined;
  const inside = (a: Annotation): boolean => region.start <= a.span.start && a.span.start < region.end;
  const annotations = now.annotations.map((a) => ({ ...a, span: shifted(a.span, region.start) }));
  const at = unit.annotations.findIndex((a) => a.span.start >= region.start);
  return {
    ...unit,
    text,
    code: unit.code.slice(0, region.start) + now.code + unit.code.slice(region.end),
    functions: unit.functions.with(index, fn),
    annotations: unit.annotations
      .filter((a) => !inside(a))
      .toSpliced(at < 0 ? unit.annotations.length : at, 0, ...annotations),
  };
}

/** Whether directives decide on anything in a function. One that stands as a whole in a branch is what it would be outside of it. */
function isDirected(unit: CUnit, { span }: FunctionDef): boolean {
  const meets = (s: Span): boolean =>
    s.start < span.end && span.start < s.end && !(s.start < span.start && span.end < s.end);
  return (
    unit.conditions.some((c) => meets(c.span)) ||
    unit.regions.some((r) => meets(r.span)) ||
    unit.guessed.some(meets) ||
    unit.openBranches.some((b) => meets(b.body))
  );
}

interface Piece {
  readonly code: string;
  readonly fn: FunctionDef;
  readonly annotations: readonly Annotation[];
}

/** A region as one function and blanks; undefined where it is anything else. */
function pieceOf(text: string, region: Span, load: LoadPiece): Piece | undefined {
  const piece = load(text.slice(region.start, region.end));
  const [fn, second] = piece.functions;
  if (fn === undefined || second !== undefined || fn.span.start !== 0) return undefined;
  const { code, declarations, macros, includes, conditions, annotations } = piece;
  const others = [declarations, macros, includes, conditions, piece.regions, piece.guessed, piece.openBranches];
  if (others.some((items) => items.length > 0) || code.slice(fn.span.end).trim() !== '') return undefined;
  return /^[ \t]*#/m.test(piece.text) || goesOn(piece.text) ? undefined : { code, fn, annotations };
}

/** Whether a comment is open at the end of a text: it takes in what follows. */
function goesOn(text: string): boolean {
  return strip(`${text};`).code.at(-1) === CH.space;
}

function moved(fn: FunctionDef, by: number): FunctionDef {
  return { ...fn, nameSpan: shifted(fn.nameSpan, by), span: shifted(fn.span, by), bodySpan: shifted(fn.bodySpan, by) };
}

function shifted(span: Span, by: number): Span {
  return { start: span.start + by, end: span.end + by };
}

/** Structs assigned whole and memory copied: what is held in the original is held in the copy as well. */
import type { CType, Instr, PlaceExpr } from '../../flow/ir.ts';
import { ZEROED } from '../../flow/lower-declaration.ts';
import { regionOf, type Value } from '../../flow/value.ts';
import { evaluate, resolvePlace } from './evaluate.ts';
import { type Frame, stepAt } from './frame.ts';
import { addEvent, isSummaryPlace, type PathState, writeKey } from './path-state.ts';

/** Where memory is copied. */
export interface Copying {
  readonly frame: Frame;
  readonly s: PathState;
  readonly point: string;
}

/** A struct assigned whole. */
export function copyStruct(
  { frame, s, point }: Copying,
  instr: Extract<Instr, { kind: 'assign' }>,
  source: PlaceExpr,
): void {
  const to = resolvePlace(s, instr.target, { point }).key;
  const from = resolvePlace(s, source, { point }).key;
  copyBelow(s, from, to, resolvePlace(s, instr.target, { point }).weak);
  const pointer = source.kind === 'deref' ? evaluate(s, source.pointer, { point }) : undefined;
  if (pointer === undefined || (instr.target.kind === 'var' && instr.target.type?.tag === undefined)) return;
  if ([instr.target, source].some((place) => isScalar(typeAt(place)))) return;
  noteCopy({ frame, s, point }, pointer, instr.span);
}

/** The type of what stands at a place, as far as declarations tell. */
function typeAt(place: PlaceExpr): CType | undefined {
  if (place.kind === 'var' || place.kind === 'field') return place.type;
  const { pointer } = place;
  if (pointer.kind !== 'read' && !(pointer.kind === 'address' && pointer.decay)) return undefined;
  const type = typeAt(pointer.place);
  if (type === undefined || pointer.kind === 'address') return type && { ...type, array: false };
  return type.pointers > 0 ? { ...type, pointers: type.pointers - 1 } : undefined;
}

/** Whether a type is known for a pointer or an integer: what is assigned is no struct. */
function isScalar(type: CType | undefined): boolean {
  return type !== undefined && !type.array && (type.pointers > 0 || type.bits !== undefined);
}

/** memcpy() and memmove(): the elements and fields at the source go along. */
export function copyMemory(
  copying: Copying,
  { to, from, span }: { readonly to: Value; readonly from: Value; readonly span: { start: number; end: number } },
): void {
  const { s } = copying;
  const target = regionOf(to);
  const source = regionOf(from);
  if (source === target) return;
  const value = s.env.get(source);
  if (value !== undefined && value.prov.length > 0) writeKey(s, target, value, isSummaryPlace(target));
  copyBelow(s, source, target, true);
  noteCopy(copying, from, span);
}

/** Callers whose pages lie in the original find them in the copy. */
function noteCopy({ frame, s }: Copying, pointer: Value, span: { start: number; end: number }): void {
  if (pointer.kind !== 'symbol' || pointer.path === undefined) return;
  addEvent(s, {
    kind: 'copy',
    path: pointer.path,
    owner: pointer.owner,
    api: '',
    reference: 'none',
    step: stepAt(frame, span, 'copied here with what it holds'),
    functionName: frame.fn.name,
    all: true,
    dirties: 'no',
  });
}

/** What the fields of a struct hold goes along with it. */
function copyBelow(s: PathState, from: string, to: string, weak: boolean): void {
  if (from === to) return;
  const below: [string, Value][] = [];
  s.env.forEachBelow(from, (v, place) => {
    if (place[from.length] === '.' && !place.endsWith(ZEROED)) below.push([place, v]);
  });
  for (const [place, v] of below) writeKey(s, to + place.slice(from.length), v, weak);
}

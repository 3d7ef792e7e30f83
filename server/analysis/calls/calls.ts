/**
 * Every call of a function the model knows, in a unit: in functions, at file scope, in macro bodies.
 * Comments, strings, prototypes and definitions are none. Only functions that name something worth a parse are parsed.
 */
import type { Model } from '../../../model/index.ts';
import type { ApiFamily } from '../../../model/schema.ts';
import { intersect, type KernelRange } from '../../../model/version.ts';
import type { Span } from '../../base/span.ts';
import type { CNode } from '../../syntax/node.ts';
import type { CUnit, FunctionDef, MacroDef } from '../../syntax/unit.ts';
import { activeRange } from '../../syntax/versions.ts';
import { firstFitting } from '../flags/flags.ts';
import type { ApiCall, Argument } from '../sites/site.ts';
import { argumentNodes, calleeOf, callNodes, codeOf, shownText } from '../trees.ts';
import { callsIn, declarationAt, expressionTree, functionAt, namesBeforeBrackets, treeOf } from './call-index.ts';
import { looksCalled, macroCalls, type TextCall, textCall } from './call-text.ts';
import { meaningOf, type NameMeaning, type NameScope } from './names.ts';
import { holdsIn } from './row-range.ts';
import { namesOfInterest } from './takers.ts';

/** A call of something that is known, before rows and flags are attached. */
export interface FoundCall {
  readonly unit: CUnit;
  readonly fn: FunctionDef | undefined;
  readonly macro: MacroDef | undefined;
  readonly spelled: string;
  readonly meaning: NameMeaning;
  readonly span: Span;
  readonly nameSpan: Span;
  readonly node: CNode | undefined;
  readonly args: readonly Argument[];
}

/**
 * Families whose calls make a function worth parsing. Calls of the others (memory, locks, DMA, copies, carriers) are listed where
 * they stand in a function that is parsed for one of these.
 */
const WORTH_PARSING: ReadonlySet<ApiFamily> = new Set(['acquire', 'release', 'dirty', 'wrapper', 'query']);

interface Hit {
  readonly offset: number;
  readonly name: string;
  readonly meaning: NameMeaning;
}

/** Names whose calls are wanted beside the model's: asked once for each name. */
export type WantedName = (name: string, meaning: NameMeaning) => boolean;

/** All calls in a unit of names that the model knows or that `wanted` asks for, in text order. */
export function findKnownCalls(scope: NameScope, wanted: WantedName): FoundCall[] {
  const { unit } = scope;
  const inside = new Map<FunctionDef, { hits: Hit[]; worth: boolean }>();
  const found: FoundCall[] = [];
  const all = namesBeforeBrackets(unit);
  for (const name of namesOfInterest(scope)) {
    const offsets = all.get(name) ?? [];
    const meaning = meaningOf(scope, name);
    const known = meaning.kind === 'api';
    if (!known && (meaning.kind === 'unknown' || !wanted(name, meaning))) continue;
    const pointed = unit.code.includes(`(*${name})`);
    const worth = !known || scope.model.allRows(meaning.api).some((r) => WORTH_PARSING.has(r.family));
    for (const offset of offsets) {
      const fn = functionAt(unit, offset);
      if (fn === undefined) {
        const call = fileScopeCall(unit, offset, meaning);
        if (call !== undefined) found.push(call);
      } else if (offset >= fn.bodySpan.start && !(pointed && isPointerIn(unit, fn, name))) {
        const entry = inside.get(fn) ?? { hits: [], worth: false };
        entry.hits.push({ offset, name, meaning });
        entry.worth ||= worth;
        inside.set(fn, entry);
      }
    }
  }
  for (const [fn, entry] of inside) if (entry.worth) found.push(...callsInFunction(unit, fn, entry.hits));
  found.push(...callsInMacros(scope, wanted));
  return found.sort((a, b) => a.nameSpan.start - b.nameSpan.start);
}

/** Whether a function has a parameter or variable of a name that points to a function: `int (*put_page)(struct page *)`. */
function isPointerIn({ code }: CUnit, { nameSpan, bodySpan }: FunctionDef, name: string): boolean {
  return code.slice(nameSpan.end, bodySpan.end).includes(`(*${name})`);
}

/** The call as an ApiCall of `api`, with the rows of the kernels on which it is compiled. */
export function asApiCall(call: FoundCall, api: string, model: Model): ApiCall {
  const { unit, fn, macro, spelled, span, nameSpan, node, args } = call;
  const active = compiledRange(call);
  const rows = rowsFor(model, api, args, active);
  return { unit, fn, macro, api, spelled, rows, span, nameSpan, node, args, active };
}

/**
 * The rows of a name that hold on some kernel of a range. Where the number of arguments fits some of them, only those; where it fits
 * none, those of other kernels that it fits, as the call was written for them (a rule about arguments asks `model.rows`).
 */
function rowsFor(model: Model, api: string, args: readonly Argument[], active: KernelRange): ApiCall['rows'] {
  const live = model.rows(api).filter((r) => holdsIn(r, active));
  return live.length === 0 ? live : (firstFitting([live, model.allRows(api)], args) ?? live);
}

/** The kernels aimed at on which the enclosing #if keeps a call; the unit's range where that is empty. */
function compiledRange(call: Pick<FoundCall, 'unit' | 'macro' | 'span'>): KernelRange {
  const { unit } = call;
  return intersect(textRange(call), unit.range) ?? unit.range;
}

/** The kernels on which the enclosing #if keeps a call, whatever is aimed at. */
export function textRange(call: Pick<FoundCall, 'unit' | 'macro' | 'span'>): KernelRange {
  return call.macro?.active ?? activeRange(call.unit, call.span.start);
}

/** The calls in one function of names that mean anything, in text order. Calls in text that did not parse are left out. */
export function findCallsIn(scope: NameScope, fn: FunctionDef): FoundCall[] {
  const { unit } = scope;
  return callNodes(treeOf(unit, fn)).flatMap((node) => {
    const callee = calleeOf(node);
    if (callee === undefined) return [];
    const name = codeOf(unit, callee);
    const meaning = meaningOf(scope, name);
    return meaning.kind === 'unknown' ? [] : [nodeCall(unit, fn, { offset: callee.start, name, meaning }, node)];
  });
}

/** The calls in a macro's body of names that mean anything, in text order. */
export function findCallsInMacro(scope: NameScope, macro: MacroDef): FoundCall[] {
  const { unit } = scope;
  const known = (name: string): boolean =>
    macro.params?.includes(name) !== true && meaningInMacro(scope, macro, name).kind !== 'unknown';
  const fn = functionAt(unit, macro.nameSpan.start);
  return macroCalls(unit, macro, known).map((call) =>
    fromText(unit, { fn, macro, meaning: meaningInMacro(scope, macro, call.name) }, call),
  );
}

/** Calls of the model's functions by their places: they are the same as long as the function they stand in is. */
const callsOfModel = new WeakMap<FunctionDef, Map<string, FoundCall>>();

function callsInFunction(unit: CUnit, fn: FunctionDef, hits: readonly Hit[]): FoundCall[] {
  const byName = callsIn(unit, fn);
  const known = callsOfModel.get(fn) ?? new Map<string, FoundCall>();
  callsOfModel.set(fn, known);
  const calls: FoundCall[] = [];
  for (const hit of hits) {
    const key = hit.meaning.kind === 'api' ? `${hit.offset} ${hit.meaning.api}` : '';
    const before = known.get(key);
    const find = (): CNode | undefined => byName.get(hit.name)?.find((n) => calleeOf(n)?.start === hit.offset);
    const node = before === undefined ? find() : before.node;
    if (node !== undefined) {
      const call = before ?? nodeCall(unit, fn, hit, node);
      if (key !== '') known.set(key, call);
      calls.push(call);
    } else if (looksCalled(unit.code, hit.offset, fn.bodySpan.start)) {
      const text = textCall(unit.code, hit.offset, fn.span.end);
      if (text !== undefined) calls.push(fromText(unit, { fn, macro: undefined, meaning: hit.meaning }, text));
    }
  }
  return calls;
}

function nodeCall(unit: CUnit, fn: FunctionDef, hit: Hit, node: CNode): FoundCall {
  const nameSpan = { start: hit.offset, end: hit.offset + hit.name.length };
  const args = argumentNodes(node).map(
    (a): Argument => ({ start: a.start, end: a.end, node: a, text: shownText(unit, a) }),
  );
  const span = { start: node.start, end: node.end };
  return { unit, fn, macro: undefined, spelled: hit.name, meaning: hit.meaning, span, nameSpan, node, args };
}

/** A call without a tree. Its arguments are parsed when somebody asks for one. */
function fromText(unit: CUnit, where: Pick<FoundCall, 'fn' | 'macro' | 'meaning'>, call: TextCall): FoundCall {
  const args = call.args.map((a) => textArgument(unit, a));
  return { ...where, unit, spelled: call.name, span: call.span, nameSpan: call.nameSpan, node: undefined, args };
}

function textArgument(unit: CUnit, span: Span): Argument {
  const text = shownText(unit, span);
  let node: CNode | undefined;
  let parsed = false;
  return {
    start: span.start,
    end: span.end,
    text,
    get node() {
      if (!parsed) node = expressionTree(unit, span);
      parsed = true;
      return node;
    },
  };
}

/** A call in an initialiser or a macro's arguments at file scope. */
function fileScopeCall(unit: CUnit, offset: number, meaning: NameMeaning): FoundCall | undefined {
  const item = declarationAt(unit, offset);
  if (item === undefined || item.kind === 'prototype' || item.kind === 'type') return undefined;
  const before = unit.code.slice(item.span.start, offset);
  if (item.kind === 'variable' && !before.includes('=')) return undefined;
  if (item.kind === 'other' && !/[=(,{?:!&|+\-<>~]\s*$/.test(before)) return undefined;
  if (!looksCalled(unit.code, offset, item.span.start)) return undefined;
  const call = textCall(unit.code, offset, item.span.end);
  return call === undefined ? undefined : fromText(unit, { fn: undefined, macro: undefined, meaning }, call);
}

function callsInMacros(scope: NameScope, wanted: WantedName): FoundCall[] {
  const { unit } = scope;
  const calls: FoundCall[] = [];
  for (const macro of macrosThatCall(unit)) {
    calls.push(
      ...findCallsInMacro(scope, macro).filter((c) => c.meaning.kind === 'api' || wanted(c.spelled, c.meaning)),
    );
  }
  return calls;
}

const calling = new WeakMap<CUnit['macros'], readonly MacroDef[]>();

/** The macros of a unit whose bodies hold a bracket. */
function macrosThatCall(unit: CUnit): readonly MacroDef[] {
  let found = calling.get(unit.macros);
  if (found === undefined) {
    found = unit.macros.filter(
      ({ active, bodySpan }) =>
        intersect(active, unit.range) !== undefined && unit.text.slice(bodySpan.start, bodySpan.end).includes('('),
    );
    calling.set(unit.macros, found);
  }
  return found;
}

/** Inside the body of a macro its own name is not expanded again. */
function meaningInMacro(scope: NameScope, macro: MacroDef, name: string): NameMeaning {
  const meaning = meaningOf(scope, name);
  if (macro.name !== name || meaning.kind !== 'macro') return meaning;
  return scope.model.allRows(name).length > 0 ? { kind: 'api', api: name } : { kind: 'unknown' };
}

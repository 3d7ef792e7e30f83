/**
 * A call on one path: a row of the model, a summary, or nobody knows. Gives the paths that go on after it.
 */
import { CALLBACK_ROWS } from '../../../model/callbacks.ts';
import type { Model } from '../../../model/index.ts';
import type { ApiRow, CallbackRow } from '../../../model/schema.ts';
import { assumeCompare, decide } from '../../flow/facts.ts';
import type { CallInstr } from '../../flow/ir.ts';
import { tempKey } from '../../flow/keys.ts';
import { intValue, isLent, isMadeOf, isNoPageKey, regionOf, symbol, type Value } from '../../flow/value.ts';
import { namesCalledIn } from '../calls/call-index.ts';
import { applyRow } from './apply-effects.ts';
import { applyCase } from './apply-summary.ts';
import { afterWait } from './awaited.ts';
import { caseReader, isProved, releasesHeld, releaseWay } from './case-fit.ts';
import { checkUsed } from './check-result.ts';
import { copyMemory } from './copy-memory.ts';
import { evaluate } from './evaluate.ts';
import { type Asked, type Callee, type CallSiteInfo, type Frame, noteStep, type OnPath, stepAt } from './frame.ts';
import { outcomesOf } from './outcomes.ts';
import { callOutside, handedOver } from './outside.ts';
import { asksForSpecial, isQuestion } from './page-nature.ts';
import { fork, IS_LAST, type PathState, readKey, setResource, withoutEntry } from './path-state.ts';
import { provenanceBelow } from './reachability.ts';
import type { Summary, SummaryCase } from './summary.ts';
import { forgetWritten, forgetWrittenBy, readInto } from './written-memory.ts';
import { clearMemory } from './zeroed-memory.ts';

const CALLBACKS: ReadonlyMap<string, CallbackRow> = new Map(CALLBACK_ROWS.map((r) => [r.name, r]));

/** Functions that copy memory from the second argument to the first. */
const COPIES: ReadonlySet<string> = new Set(['memcpy', 'memmove', '__memcpy', 'unsafe_memcpy']);
/** The largest errno (include/linux/err.h). */
const MAX_ERRNO = 4095;

/** Executes a call on a path; returns the paths that come out, with the result stored in the call's temporary. */
export function executeCall(
  frame: Frame,
  s: PathState,
  called: CallInstr,
  where: { loop: number | undefined; point: string },
): PathState[] {
  const name = called.callee === undefined ? undefined : frame.program.behindAlias(frame.unit, called.callee);
  const instr = name === called.callee ? called : { ...called, callee: name };
  const info: CallSiteInfo = { instr, loop: where.loop, point: where.point };
  const ctx = { point: where.point };
  const args = instr.args.map((a) => evaluate(s, a, ctx));
  copiedMemory({ frame, s, info }, args);
  clearMemory(s, info, args);
  const asked: Asked = {
    withPages: args.some((a) => handedOver(s, a).length > 0),
    holding: [...s.resources.values()].some((r) => r.hold.kind === 'held' || r.hold.kind === 'some'),
    returned: s.returned.length > 0,
    holdsBelow: () => args.some((a) => a.kind !== 'int' && provenanceBelow(s, regionOf(a)).length > 0),
  };
  const callees = calleesOf(frame, instr, asked);
  if (name !== undefined && asksForSpecial(name) && args.some(isOfPages)) {
    finish(s, instr, intValue(0));
    return [s];
  }
  if (name !== undefined && !callees.some((c) => c.kind === 'summary')) {
    const row = rowOfCall(frame.model, name, args.length);
    if (row !== undefined && callees.every((c) => c.kind === 'external')) {
      checkUsed({ frame, s, info }, row, args);
      return outcomesOf(row, asked).map((outcome) => {
        const path = outcome === undefined ? s : fork(s);
        finish(path, instr, applyRow({ frame, s: path, info }, row, args, outcome));
        forgetWrittenBy(path, row, args, where.point);
        return path;
      });
    }
  }
  dropLocks(frame, s, instr);
  const special = name === undefined ? undefined : (knownResult(frame, s, name, args) ?? answerOf(callees, args));
  if (special !== undefined) {
    finish(s, instr, special);
    return [s];
  }
  const registered = name === undefined ? undefined : callbackOf(frame, instr, args, name);
  if (registered !== undefined) return applyCallback({ frame, s, info }, registered);
  if (asked.holding) noteCounted(s, args);
  const summaries = callees.flatMap((c) => (c.kind === 'summary' ? [c.summary] : []));
  if (summaries.length > 0) return applySummaries({ frame, s, info }, summaries, args);
  if (name !== undefined) {
    afterWait({ frame, s, info }, name);
    readInto(s, instr, args, where.point);
  }
  const fails = callees.length > 0 && callees.every((c) => c.kind === 'plain' && c.fails);
  const ret = symbol(`r${where.point}`, fails ? { low: -MAX_ERRNO, high: -1 } : {});
  const defined = callees.some((c) => c.kind === 'plain');
  const keeps = (i: number): boolean => callees.length !== 1 || callees.some((c) => c.kind !== 'plain' || c.keeps(i));
  finish(s, instr, callOutside({ frame, s, info }, { args, ret, defined, keeps }));
  return [s];
}

/** Notes of which pages a function gets the number that came beside the pages themselves, or what leads to them. */
function noteCounted(s: PathState, args: readonly Value[]): void {
  for (const r of s.resources.values()) {
    if (r.hold.kind !== 'held' || !args.some((a) => isMadeOf(a, r.result.key))) continue;
    const leadsTo = (a: Value): boolean =>
      a.kind !== 'int' && (handedOver(s, a).includes(r.id) || provenanceBelow(s, regionOf(a)).includes(r.id));
    if (args.some(leadsTo)) setResource(s, { ...r, counted: true });
  }
}

/** Takes off the path what a function that is no model's may unlock. */
function dropLocks({ program, unit }: Frame, s: PathState, { callee, via }: CallInstr): void {
  if (s.locks.size === 0) return;
  const dropped = program.dropsLocks(unit, callee ?? via?.field);
  if (dropped === 'all') s.locks = new Map();
  else for (const lock of dropped) s.locks = withoutEntry(s.locks, lock);
}

/** Functions that drop a reference and tell whether it was the last. */
const LAST_REFERENCE = /^(?:refcount|atomic(?:_long|64)?)_(?:dec|sub)_and_(?:test|lock|mutex_lock)\w*$/;

/** Whether a number is one that stands for an error: `is_error_pfn`, `pfn_is_invalid`. */
const ASKS_FOR_ERROR =
  /(?:^|_)is_(?:\w+_)?(?:err|error|invalid|bad)(?:_(?:noslot|pfn|gfn|mfn|phys|hpa|gpa|hva|page))*$/;

/** The result of a call whose name tells it; undefined for the others. */
function knownResult(frame: Frame, s: PathState, name: string, args: readonly Value[]): Value | undefined {
  const [first] = args;
  if (first === undefined) return undefined;
  if (name === 'ERR_PTR') return knownError(s, first);
  // A page that was taken has a valid number, which is no error.
  if (name === 'pfn_valid' && (first.prov.length > 0 || (isOfPages(first) && asksForSpecialPages(frame))))
    return intValue(1);
  if (ASKS_FOR_ERROR.test(name)) {
    if (isNoPageKey(first.key)) return intValue(1);
    if (first.prov.length > 0 && isLent(first)) return intValue(0);
  }
  // Whether it was the last is a property of the object: who calls a function that asks does not know it.
  return LAST_REFERENCE.test(name) ? readKey(s, regionOf(first) + IS_LAST, undefined) : undefined;
}

/** What a question of the project about a page's nature is answered with for an ordinary page. */
function answerOf(callees: readonly Callee[], args: readonly Value[]): Value | undefined {
  const [callee] = callees;
  if (callee?.kind !== 'plain' || callee.answer === undefined) return undefined;
  return args.some(isOfPages) ? intValue(callee.answer) : undefined;
}

/** Whether a value leads to pages that were taken, or may lead to those of a caller. */
function isOfPages(v: Value): boolean {
  return v.prov.length > 0 || (v.kind === 'symbol' && v.path !== undefined);
}

function asksForSpecialPages({ unit, fn }: Frame): boolean {
  return isQuestion(fn, namesCalledIn(unit).get(fn) ?? []);
}

/** What becomes an ERR_PTR is no positive number, unless it is the count of an acquire call: that may be short. */
function knownError(s: PathState, value: Value): Value {
  const isCount = [...s.resources.values()].some((r) => r.result.key === value.key);
  if (isCount || value.kind === 'int') return value;
  const no = assumeCompare(
    s.facts,
    decide(s.facts, '!=', value, intValue(0)) === true ? '<' : '<=',
    value,
    intValue(0),
  );
  s.facts = no ?? s.facts;
  return value;
}

function copiedMemory({ frame, s, info }: OnPath, [to, from]: readonly Value[]): void {
  if (info.instr.callee === undefined || !COPIES.has(info.instr.callee) || to === undefined || from === undefined)
    return;
  forgetWritten(s, to, info.point);
  copyMemory({ frame, s, point: info.point }, { to, from, span: info.instr.span });
}

/** A function that a call registers or runs, with what it will be given. */
interface Registered {
  readonly summary: Summary;
  readonly args: readonly Value[];
  readonly when: CallbackRow['when'];
}

function callbackOf(frame: Frame, instr: CallInstr, args: readonly Value[], name: string): Registered | undefined {
  const row = CALLBACKS.get(name);
  const index = row === undefined ? undefined : /^arg(\d+)$/.exec(row.callback)?.[1];
  const fn = index === undefined ? undefined : instr.args[Number(index)];
  const target =
    fn?.kind === 'read' && fn.place.kind === 'var' && fn.place.scope === 'global' ? fn.place.name : undefined;
  if (row === undefined || target === undefined) return undefined;
  const callee = frame.program.callee(frame, target, {
    withPages: true,
    holding: true,
    returned: false,
    holdsBelow: () => true,
  });
  if (callee.kind !== 'summary') return undefined;
  const passed = row.passes.map(
    (p, i) => (p === undefined ? undefined : args[Number(/^arg(\d+)$/.exec(p)?.[1] ?? -1)]) ?? symbol(`cb${i}`),
  );
  return { summary: callee.summary, args: passed, when: row.when };
}

/**
 * kref_put() and the like are taken to drop the last reference: the paths on which they do not are somebody else's to end.
 * What runs later gives back later: to this path the pages are taken over.
 */
function applyCallback(on: OnPath, cb: Registered): PathState[] {
  const { frame, s, info } = on;
  if (cb.when !== 'later') return applySummaries(on, [cb.summary], cb.args);
  const trial = applySummaries({ frame, s: fork(s), info }, [cb.summary], cb.args);
  const step = stepAt(frame, info.instr.span, `${cb.summary.name}() is registered here to give them back`);
  for (const r of s.resources.values()) {
    const released = trial.some((t) => t.resources.get(r.id)?.hold.kind !== r.hold.kind);
    if (released) setResource(s, { ...r, hold: { kind: 'taken', step } });
  }
  finish(s, info.instr, symbol(`r${info.point}`));
  return [s];
}

function calleesOf(frame: Frame, instr: CallInstr, asked: Asked): readonly Callee[] {
  if (instr.callee !== undefined) return [frame.program.callee(frame, instr.callee, asked)];
  if (instr.via !== undefined) {
    const found = frame.program.behindField(frame, instr.via.tag, instr.via.field, asked);
    if (found.length > 0) return found;
  }
  return [{ kind: 'external' }];
}

/** The row that a call is read by: of the kernels aimed at, or of the others where the number of arguments fits only those. */
function rowOfCall(model: Model, name: string, arity: number): ApiRow | undefined {
  const fits = (r: ApiRow): boolean => r.params.length === arity;
  const here = model.readable(name);
  return pickRow(here.some(fits) ? here : [...here, ...model.allRows(name).filter(fits)], arity);
}

/** The row with this many parameters; else the newest of the range. */
export function pickRow(rows: readonly ApiRow[], arity: number): ApiRow | undefined {
  return rows.findLast((r) => r.params.length === arity) ?? rows[rows.length - 1];
}

function finish(s: PathState, instr: CallInstr, value: Value): void {
  s.env.set(tempKey(instr.id), value);
}

/**
 * A callee that gives back pages held here on some of its paths, and on others that return the same does not, knows why: only
 * where this path itself proves the conditions of the others do they count, and none that gives pages back asks for the same. So does one
 * that gives pages back in two ways, one of which fits them.
 */
function likelyCases(
  s: PathState,
  info: CallSiteInfo,
  all: readonly SummaryCase[],
  args: readonly Value[],
): readonly SummaryCase[] {
  // Nothing is held.
  if (s.resources.size === 0) return all;
  const reader = caseReader(s, info.point, args);
  const ways = all.map((c) => releaseWay(reader, c));
  const proved = (c: SummaryCase): boolean => isProved(reader, c);
  const cases = ways.includes('right') ? all.filter((c, i) => ways[i] !== 'wrong' || proved(c)) : all;
  const releasing = cases.filter((c) => releasesHeld(reader, c));
  if (releasing.length === 0 || releasing.length === cases.length) return cases;
  return cases.filter((c) => {
    const alike = releasing.filter((r) => sameOutcome(r, c));
    return releasing.includes(c) || alike.length === 0 || (proved(c) && !alike.some((r) => asksForMore(r, c)));
  });
}

/** Whether a case has all conditions of another one: what tells the two apart is not among them. */
function asksForMore(r: SummaryCase, c: SummaryCase): boolean {
  const asked = c.requires.every((a) =>
    r.requires.some((b) => b.key === a.key && a.interval.low <= b.interval.low && b.interval.high <= a.interval.high),
  );
  return (
    asked &&
    c.relations.every((a) => r.relations.some((b) => b.key === a.key && b.constant === a.constant && b.mask === a.mask))
  );
}

/** Whether two cases end alike for a caller: the results overlap, or neither is an error. */
function sameOutcome(a: SummaryCase, b: SummaryCase): boolean {
  if ((a.nonzero === true && isZero(b)) || (b.nonzero === true && isZero(a))) return false;
  if (a.returns.low >= 0 && b.returns.low >= 0) return true;
  return a.returns.low <= b.returns.high && b.returns.low <= a.returns.high;
}

function isZero({ returns }: SummaryCase): boolean {
  return returns.low === 0 && returns.high === 0;
}

function fails({ returns }: SummaryCase): boolean {
  return returns.high < 0;
}

function applySummaries(on: OnPath, summaries: readonly Summary[], args: readonly Value[]): PathState[] {
  const { frame, s, info } = on;
  const out: PathState[] = [];
  for (const summary of summaries) {
    const cases = likelyCases(s, info, summary.cases, args);
    const mayWork = cases.some((c) => !fails(c));
    for (const c of cases) {
      const next = fork(s);
      const ret = applyCase(
        { frame, s: next, info },
        { callee: summary.name, case: c, args, complete: summary.complete },
      );
      if (ret === undefined) continue;
      if (c.dropped) next.facts = { ...next.facts, dropped: true };
      if (mayWork && fails(c) && next.resources.size > 0)
        noteStep(next, stepAt(frame, info.instr.span, `${summary.name}() fails on this path`));
      finish(next, info.instr, ret);
      out.push(next);
    }
  }
  if (out.length > 0) return out;
  finish(s, info.instr, symbol(`r${info.point}`));
  return [s];
}

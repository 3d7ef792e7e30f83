/**
 * Questions of rules to the model's rows, answered as sets of kernels: where a name exists with these arguments,
 * where a flag is known, where mm/gup.c refuses a call and how that shows.
 */

import { FAST_MASK_ROWS } from '../../../model/flags.ts';
import type { Model } from '../../../model/index.ts';
import { OLDEST_KERNEL } from '../../../model/known-kernels.ts';
import type { ApiRow, FlagRow, ParamRole, ValidityRow } from '../../../model/schema.ts';
import { VALIDITY_ROWS } from '../../../model/validity.ts';
import { rangeOf, type Since, version } from '../../../model/version.ts';
import { isNullText } from '../../analysis/flags/constants.ts';
import type { ApiCall, Argument, CallSite } from '../../analysis/sites/site.ts';
import { keptBeside } from '../../base/kept.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { RulePass } from '../define.ts';
import { bothOf, EVERY_KERNEL, isEmpty, type Kernels, unionOf } from './kernels.ts';

/** The oldest release that rows were read from. */
const OLDEST = version(OLDEST_KERNEL);

/** The releases that rows stand for. What the oldest release known has, older ones are taken to have: nobody looked there. */
export function kernelsOf(rows: readonly { readonly kernels: Since }[]): Kernels {
  return unionOf(
    rows.map((row) => {
      const { since, until } = rangeOf(row.kernels);
      return { since: since <= OLDEST ? 0 : since, until };
    }),
  );
}

/** Whether a call through a project's own wrapper: its arguments are the wrapper's, not the model's. */
function isIndirect(call: ApiCall): boolean {
  return 'via' in call && call.via !== undefined;
}

/** The rows of a call's function, of any release, that take as many arguments as the call has. */
function rowsOfCall(call: ApiCall, { model }: RulePass): readonly ApiRow[] {
  const rows = model.allRows(call.api);
  if (isIndirect(call)) return rows;
  // Forms of one length are told apart by what comes first: a task, or an mm.
  const first = call.rows.length > 0 && call.rows.every((r) => r.params.length === call.args.length) ? call.rows : rows;
  const roles = new Set(first.map((row) => row.params[0]?.role));
  return rows.filter((row) => row.params.length === call.args.length && roles.has(row.params[0]?.role));
}

/**
 * The releases on which the argument of the call that plays a role plays it: those whose signature has the role at that place, also
 * where they take more or fewer arguments behind it.
 */
export function kernelsWithRole(call: ApiCall, role: ParamRole, pass: RulePass): Kernels {
  const place = (row: ApiRow): number => row.params.findIndex((p) => p.role === role);
  const places = new Set(
    rowsOfCall(call, pass)
      .map(place)
      .filter((i) => i >= 0),
  );
  return kernelsOf(pass.model.allRows(call.api).filter((row) => places.has(place(row))));
}

/** The argument of a call that plays a role on the kernels where it is live; undefined when there is none or rows disagree. */
export function argumentOf(call: ApiCall, role: ParamRole, pass: RulePass): Argument | undefined {
  if (isIndirect(call)) return undefined;
  const live = pass.liveOn(call);
  const rows = rowsOfCall(call, pass).filter((row) => !isEmpty(bothOf(kernelsOf([row]), live)));
  const places = new Set(rows.map((row) => row.params.findIndex((p) => p.role === role)));
  const [index] = [...places];
  return places.size === 1 && index !== undefined && index >= 0 ? call.args[index] : undefined;
}

/** The releases that know a flag, or on which a row says something more of it. */
export function flagKernels(model: Model, name: string, which: (row: FlagRow) => boolean = () => true): Kernels {
  return kernelsOf(model.allFlags(name).filter(which));
}

/** Whether a function takes pins (in 5.6, where pins are placeholders, too). */
export function isPinFunction(api: string, model: Model): boolean {
  return model.allRows(api).some((row) => row.reference === 'pin');
}

/** The releases on which the file or a header of its project defines a macro of this name, in any branch of its #if. */
export function macroKernels(pass: RulePass, name: string): Kernels {
  return writtenKernels(pass, name, new RegExp(`[ \\t]*#[ \\t]*define[ \\t]+${name}\\b`, 'y'));
}

/** The releases on which the file or a header of its project has a macro or a function of this name: it is not the kernel's. */
export function definitionKernels(pass: RulePass, name: string): Kernels {
  const body = new RegExp(`(?:[A-Za-z_][\\w \\t*]*[ \\t*\\n])?${name}[ \\t]*\\([^;{}]*\\)\\s*\\{`, 'y');
  return unionOf([...macroKernels(pass, name), ...writtenKernels(pass, name, body)]);
}

const written = new WeakMap<CUnit['version'], Map<string, Kernels>>();

/**
 * The releases on which version conditions keep a definition that a sticky pattern finds at the start of the line of `name`, or of the
 * line before, whatever branches are live in this unit.
 */
function writtenKernels(pass: RulePass, name: string, pattern: RegExp): Kernels {
  return unionOf([pass.unit, ...pass.headers].flatMap((unit) => [...writtenIn(unit, name, pattern)]));
}

function writtenIn(unit: CUnit, name: string, pattern: RegExp): Kernels {
  return keptBeside(written, unit.version, pattern.source, () =>
    unionOf(definitionStarts(unit.text, name, pattern).flatMap((at) => [...branchKernels(unit, at)])),
  );
}

function definitionStarts(text: string, name: string, pattern: RegExp): number[] {
  const starts = new Set<number>();
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
    const line = text.lastIndexOf('\n', at) + 1;
    const before = line === 0 ? 0 : text.lastIndexOf('\n', line - 2) + 1;
    for (const start of [before, line]) {
      pattern.lastIndex = start;
      if (pattern.test(text)) starts.add(start);
    }
  }
  return [...starts];
}

/** The releases on which version conditions keep the text at an offset. */
export function branchKernels(unit: CUnit, offset: number): Kernels {
  let live: Kernels = EVERY_KERNEL;
  for (const { span, kernels } of unit.regions) {
    if (span.start <= offset && offset < span.end) live = kernels === undefined ? [] : bothOf(live, [kernels]);
  }
  return live;
}

/** The releases that a unit stands for on which a call is live: the branches of one unit may come from a part of its range only. */
export function liveHere(call: ApiCall, { unit }: Pick<RulePass, 'unit'>): Kernels {
  const live = bothOf([call.active], [unit.range]);
  return call.unit === unit ? bothOf(live, branchKernels(unit, call.nameSpan.start)) : live;
}

/** Whether a function takes pages or gives them back: small helpers of headers reach older kernels with fixes, these do not. */
export function isOfFamily(call: ApiCall, pass: RulePass): boolean {
  return pass.model.allRows(call.api).some((row) => row.family === 'acquire' || row.family === 'release');
}

/** Whether a file is a program of user space, which has no kernel header to take a flag from: it includes headers of the C library. */
export function isUserSpace(unit: CUnit): boolean {
  return unit.includes.some(
    (i) => !i.quoted && /^(?:stdio|stdlib|unistd|errno|fcntl|pthread|sys\/\w+)\.h$/.test(i.path),
  );
}

/** Whether the mask of the `*_fast` functions applies to a function. */
export function isFastFunction(api: string): boolean {
  return VALIDITY_ROWS.some((row) => row.id === 'VALID.FASTMASK' && row.applies.includes(api));
}

/** The releases on which the `*_fast` functions check their flags and refuse this one. */
export function fastRefusesFlag(name: string): Kernels {
  return kernelsOf(FAST_MASK_ROWS.filter((row) => row.allowed !== undefined && !row.allowed.includes(name)));
}

/** Where run-time checks refuse a call, and the rows that say so. */
export interface Refusal {
  readonly kernels: Kernels;
  readonly rows: readonly ValidityRow[];
}

/**
 * The releases on which one of the checks that `which` selects refuses the call for holding `flags`
 * (what the function adds by itself counts too where a check speaks of several).
 */
export function refusalOf(
  call: CallSite,
  options: { readonly flags: readonly string[]; readonly model: Model; which(row: ValidityRow): boolean },
): Refusal {
  const rows = VALIDITY_ROWS.filter((row) => row.applies.includes(call.api) && options.which(row));
  const hits: { row: ValidityRow; kernels: Kernels }[] = [];
  for (const row of rows) {
    const passed = new Set(options.flags);
    const apis = options.model.allRows(call.api);
    const refused = apis.filter((api) => flagsMatch(row, passed, new Set([...passed, ...(api.implies ?? [])])));
    const kernels = bothOf(kernelsOf([row]), kernelsOf(refused));
    if (!isEmpty(kernels)) hits.push({ row, kernels });
  }
  return { kernels: unionOf(hits.flatMap((h) => h.kernels)), rows: hits.map((h) => h.row) };
}

/** Whether the flags that a check speaks of are there: one that the caller passes, others also where the function adds them. */
function flagsMatch(row: ValidityRow, passed: ReadonlySet<string>, effective: ReadonlySet<string>): boolean {
  const { anyOf, allOf, noneOf } = row.flags ?? {};
  if (anyOf !== undefined && !anyOf.some((f) => passed.has(f))) return false;
  if (allOf !== undefined && !(allOf.every((f) => effective.has(f)) && allOf.some((f) => passed.has(f)))) return false;
  return !(noneOf ?? []).some((f) => effective.has(f));
}

/** How a refusal shows on some kernels: `WARN_ON_ONCE, returns -EINVAL`. */
export function refusalText(call: CallSite, refusal: Refusal, on: Kernels, model: Model): string {
  const live = (row: { readonly kernels: Since }): boolean => !isEmpty(bothOf(kernelsOf([row]), on));
  const effects = new Set(refusal.rows.filter(live).map((row) => row.effect));
  const results = new Set(
    model
      .allRows(call.api)
      .filter(live)
      .map((row) => row.refusal ?? '-EINVAL'),
  );
  return `${[...effects].join(' or ')}, returns ${[...results].join(' or ')}`;
}

/** Whether a call gives a `locked` pointer that is not NULL. */
export function passesLocked(site: CallSite, pass: RulePass): boolean {
  const locked = argumentOf(site, 'locked', pass);
  return locked !== undefined && !isNullText(locked.text);
}

/** Whether a check of FOLL_LONGTERM counts only with a `locked` pointer. */
export function isLockedCheck(row: ValidityRow): boolean {
  return row.id === 'VALID.LT-UNLOCKED-REMOTE';
}

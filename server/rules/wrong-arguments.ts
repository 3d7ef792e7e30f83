/**
 * ## What it does
 * Finds calls whose arguments do not fit the function on a kernel aimed at: their number, flags and pages in the wrong order, a flag where
 * the kernel expects `int write`, and a `vmas` array together with a `locked` pointer.
 *
 * ## Why is this bad?
 * The signatures changed often: `tsk` and `mm` left in 4.6 and `tsk` left the remote functions in 5.9, `write, force` became one gup_flags in
 * 4.9, `locked` came in 4.10, `vmas` went in 6.5, and the unlocked functions take their flags last. Most slips do not compile;
 * swapped arguments give a warning and a crash, and `vmas` with `locked` is a kernel BUG.
 *
 * ## Example
 * ```c bad
 * static long demo_pin(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return pin_user_pages(addr, n, FOLL_WRITE, pages, NULL);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_pin(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return pin_user_pages(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Kernels
 * All: each call is held to the signature of every kernel on which the enclosing #if keeps it. What stable 4.4 changed in 4.4.168 is
 * accepted in both forms for all of 4.4.
 *
 * ## Limits
 * A function or macro of the same name in the file or in a header of its project is taken as the one that is called. A call under #if
 * with a macro of a configure step (`HAVE_...`) is taken to be right where the macro is defined. Types are not checked: swapped
 * arguments are recognised by FOLL_ names and by the names of variables.
 *
 * ## Fix safety
 * Safe where NULL or `tsk` is dropped or NULL is added, or swapped arguments are put right; unsafe where a new argument must be
 * guessed. Offered only when the result fits every kernel on which the call is live.
 *
 * ## References
 * include/linux/mm.h of 4.4 to 6.12.
 */
import type { ApiRow } from '../../model/schema.ts';
import { VALIDITY_ROWS } from '../../model/validity.ts';
import { isNullText } from '../analysis/flags/constants.ts';
import type { ApiCall, Argument, CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { swapArguments } from './fixes/arguments.ts';
import { fitArguments } from './fixes/fit-arguments.ts';
import { isConfigured } from './support/configured.ts';
import { argumentOf, definitionKernels, isOfFamily, kernelsOf, kernelsWithRole, liveHere } from './support/facts.ts';
import { versionSeverity } from './support/flags/flag-use.ts';
import { bothOf, EVERY_KERNEL, isEmpty, type Kernels, unionOf, without } from './support/kernels.ts';

/** See the head of the file. */
export const wrongArguments = defineRule({
  name: 'wrong-arguments',
  group: 'version',
  summary: 'The arguments of a call do not fit the function on a kernel aimed at',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    for (const call of pass.calls) {
      if (call.spelled === call.api && isOfFamily(call, pass) && !isConfigured(call) && !isOpenList(call))
        checkCount(pass, call);
    }
    for (const site of pass.sites) {
      if (site.via !== undefined || isConfigured(site)) continue;
      checkOrder(pass, site);
      checkWrite(pass, site);
      checkVmasAndLocked(pass, site);
    }
  },
});

/** Whether the list holds a macro's variable arguments, so that its length says nothing. */
function isOpenList(call: ApiCall): boolean {
  return call.args.some((a) => /__VA_ARGS__|\.\.\.|##/.test(a.text));
}

function checkCount(pass: RulePass, call: ApiCall): void {
  const rows = pass.model.allRows(call.api);
  const fits = wholeSeries(kernelsOf(rows.filter((row) => row.params.length === call.args.length)));
  const misfits = without(bothOf(kernelsOf(rows), liveHere(call, pass)), fits);
  if (isEmpty(misfits)) return;
  const wrong = without(misfits, definitionKernels(pass, call.spelled));
  if (isEmpty(wrong)) return;
  const expected = rows.filter((row) => !isEmpty(bothOf(kernelsOf([row]), wrong)));
  const signatures = [...new Set(expected.map(signature))].map((s) => `(${s})`).join(' or ');
  const plural = call.args.length === 1 ? '' : 's';
  pass.report({
    message: `${call.api}() takes ${signatures} on {kernels}, not ${call.args.length} argument${plural}`,
    kernels: wrong,
    at: { unit: call.unit, span: call.nameSpan },
    functionName: call.fn?.name ?? '',
    severity: versionSeverity(pass, 'error', without(EVERY_KERNEL, fits), kernelsOf(rows)),
    fixes: fitArguments(pass, call, wrong),
  });
}

/** A signature that changed within a stable series is taken for the whole of it: distributions carry the one or the other. */
function wholeSeries(kernels: Kernels): Kernels {
  return unionOf(
    kernels.map(({ since, until }) => ({
      since: since & ~255,
      until: (until & 255) === 0 ? until : (until & ~255) + 256,
    })),
  );
}

function signature(row: ApiRow): string {
  return row.params.map((p) => p.name).join(', ');
}

/** Flags where pages belong and the other way round, in the functions that take their flags last. */
function checkOrder(pass: RulePass, site: CallSite): void {
  const flags = argumentOf(site, 'flags', pass);
  const pages = argumentOf(site, 'pages', pass);
  if (flags === undefined || pages === undefined || !looksLikeFlags(pages, site) || looksLikeFlags(flags, site)) return;
  if (!looksLikePages(flags) && !/\bFOLL_[A-Z]/.test(pages.text)) return;
  const edits = swapArguments(site, site.args.indexOf(flags), site.args.indexOf(pages));
  pass.report({
    message: `${site.api}() takes its pages before its flags: ${pages.text} is passed as pages and ${flags.text} as flags`,
    at: { unit: site.unit, span: { start: pages.start, end: pages.end } },
    functionName: site.fn?.name ?? '',
    site,
    fixes: [{ title: 'Swap the arguments', applicability: 'safe', edits }],
  });
}

function looksLikeFlags(argument: Argument, site: CallSite): boolean {
  if (/\bFOLL_[A-Z]/.test(argument.text) || /^(?:\w+(?:->|\.))*(?:gup_?|foll_?|pin_?)?flags$/.test(argument.text))
    return true;
  return site.unit.macros.some(
    (m) => m.name === argument.text && /\bFOLL_[A-Z]/.test(site.unit.text.slice(m.bodySpan.start, m.bodySpan.end)),
  );
}

function looksLikePages(argument: Argument): boolean {
  return isNullText(argument.text) || /pages?\b|pagep\b/.test(argument.text);
}

/** Flags other than FOLL_WRITE where the kernel expects a truth value. */
function checkWrite(pass: RulePass, site: CallSite): void {
  const old = bothOf(kernelsWithRole(site, 'write', pass), pass.liveOn(site));
  const index = pass.model
    .allRows(site.api)
    .find((row) => row.params.some((p) => p.role === 'write') && row.params.length === site.args.length)
    ?.params.findIndex((p) => p.role === 'write');
  const write = index === undefined ? undefined : site.args[index];
  if (isEmpty(old) || write === undefined) return;
  const named = (write.text.match(/\bFOLL_[A-Z0-9_]+\b/g) ?? []).filter((name) => name !== 'FOLL_WRITE');
  // A name that the project defines as nothing asks for nothing.
  const lost = named.filter((name) => !site.flags.terms.some((t) => t.kind === 'zero' && t.name === name));
  if (lost.length === 0) return;
  const asks = /\bFOLL_WRITE\b/.test(write.text);
  pass.report({
    message: `${site.api}() takes int write here on {kernels}: ${lost.join(', ')} ${asks ? 'is lost' : 'asks for write access'} there`,
    kernels: old,
    at: { unit: site.unit, span: { start: write.start, end: write.end } },
    functionName: site.fn?.name ?? '',
    site,
    severity: versionSeverity(pass, asks ? 'warning' : 'error', old, EVERY_KERNEL),
  });
}

/** Whether an argument is what the caller of the function passes, which may be NULL. */
function isParameter({ unit, fn }: CallSite, text: string): boolean {
  if (fn === undefined || !/^\w+$/.test(text)) return false;
  return new RegExp(`\\b${text}\\b`).test(unit.code.slice(fn.nameSpan.end, fn.bodySpan.start));
}

/** A vmas array and a locked pointer in one call. */
function checkVmasAndLocked(pass: RulePass, site: CallSite): void {
  const vmas = argumentOf(site, 'vmas', pass);
  const locked = argumentOf(site, 'locked', pass);
  if (vmas === undefined || locked === undefined) return;
  if (isNullText(vmas.text) || isNullText(locked.text) || isParameter(site, locked.text)) return;
  const checks = VALIDITY_ROWS.filter(
    (row) => row.id.startsWith('VALID.VMAS-LOCKED') && row.applies.includes(site.api),
  );
  const on: Kernels = bothOf(kernelsOf(checks), pass.liveOn(site));
  if (isEmpty(on)) return;
  pass.report({
    message: `${site.api}() cannot fill vmas when it may drop mmap_lock through ${locked.text}: ${[...new Set(checks.map((c) => c.effect))].join(' or ')} on {kernels}`,
    kernels: on,
    at: { unit: site.unit, span: { start: vmas.start, end: vmas.end } },
    functionName: site.fn?.name ?? '',
    site,
  });
}

/**
 * ## What it does
 * Finds preprocessor conditions that ask whether a FOLL_ name is a macro: `#ifdef FOLL_LONGTERM`, `#if defined(FOLL_PIN)`.
 *
 * ## Why is this bad?
 * Up to 6.2 the flags are macros; since 6.3 they are enum constants, which the preprocessor does not see. Such a test is false on
 * every newer kernel, and the code for old kernels is built there in silence: pages are gotten instead of pinned, or a flag is
 * defined to 0.
 *
 * ## Example
 * ```c bad kernel=5.4..6.12
 * #include <linux/mm.h>
 *
 * #ifdef FOLL_LONGTERM
 * #define DEMO_FLAGS (FOLL_WRITE | FOLL_LONGTERM)
 * #else
 * #define DEMO_FLAGS FOLL_WRITE
 * #endif
 * ```
 *
 * ## Use instead
 * ```c good kernel=5.4..6.12
 * #include <linux/mm.h>
 * #include <linux/version.h>
 *
 * #if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 2, 0)
 * #define DEMO_FLAGS (FOLL_WRITE | FOLL_LONGTERM)
 * #else
 * #define DEMO_FLAGS FOLL_WRITE
 * #endif
 * ```
 *
 * ## Kernels
 * 6.3 and later; silent when only older kernels are aimed at.
 *
 * ## Limits
 * A test inside a branch that is off on every kernel aimed at is not reported, nor one in a program of user space, nor where a test of the
 * version beside it decides alone.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * include/linux/mm_types.h of 6.3.
 */

import { FLAGS_ARE_MACROS } from '../../model/behaviour.ts';
import { nameOfFunctionAt } from '../analysis/calls/call-index.ts';
import { evaluate, type Meaning } from '../syntax/condition.ts';
import { parseDirectives } from '../syntax/directive.ts';
import { parseExpr } from '../syntax/expr.ts';
import { constant } from '../syntax/piecewise.ts';
import { strip } from '../syntax/strip.ts';
import { defineRule, type RulePass } from './define.ts';
import { branchKernels, flagKernels, isUserSpace, kernelsOf } from './support/facts.ts';
import { versionSeverity } from './support/flags/flag-use.ts';
import { bothOf, isEmpty, type Kernels, unionOf, without } from './support/kernels.ts';

/** See the head of the file. */
export const follMacroAsVersionTest = defineRule({
  name: 'foll-macro-as-version-test',
  group: 'flags',
  summary: 'A FOLL_ name is tested by the preprocessor, which no longer sees it',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    if (!mayTest(pass.unit.text) || isUserSpace(pass.unit)) return;
    for (const d of parseDirectives(pass.unit.text, strip(pass.unit.text))) {
      const condition =
        d.kind === 'if' || d.kind === 'elif'
          ? d.text
          : 'name' in d && d.kind !== 'define' && d.kind !== 'undef'
            ? d.name
            : '';
      if (condition.includes('FOLL_')) checkCondition(pass, d.at, condition);
    }
  },
});

/** Whether a flag is named where a directive may be: behind a #, on its line or on one that this or a comment goes on to. */
function mayTest(text: string): boolean {
  for (const { index } of text.matchAll(/\bFOLL_/g)) {
    let start = lineOf(text, index);
    while (goesOn(text, start, index)) start = lineOf(text, start - 1);
    if (text.slice(start, index).includes('#')) return true;
  }
  return false;
}

function lineOf(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Whether what stands in front of a place on its line began on the line before. */
function goesOn(text: string, start: number, to: number): boolean {
  if (start === 0) return false;
  if (/\\\r?\n$/.test(text.slice(Math.max(0, start - 3), start))) return true;
  const before = text.slice(start, to);
  const end = before.indexOf('*/');
  return end >= 0 && !before.slice(0, end).includes('/*');
}

/** Reports each flag of a condition, once. */
function checkCondition(pass: RulePass, at: { start: number; end: number }, condition: string): void {
  const blind = without(liveKernels(pass, at), decidedBesides(condition));
  if (isEmpty(blind)) return;
  for (const name of new Set(condition.match(/\bFOLL_[A-Z0-9_]+\b/g))) {
    const has = flagKernels(pass.model, name);
    if (isEmpty(has)) continue;
    const start = pass.unit.text.indexOf(name, at.start);
    if (start < 0 || start >= at.end) continue;
    const holds = without(has, kernelsOf([FLAGS_ARE_MACROS]));
    pass.report({
      message: `${name} is no macro on {kernels}: this test is false there whether the kernel has the flag or not; compare LINUX_VERSION_CODE`,
      kernels: blind,
      at: { unit: pass.unit, span: { start, end: start + name.length } },
      functionName: nameOfFunctionAt(pass.unit, start),
      severity: versionSeverity(pass, 'warning', holds, has),
    });
  }
}

/** The releases on which a condition comes to the same whatever the flag is: `defined(FOLL_X) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)`. */
function decidedBesides(condition: string): Kernels {
  if (!/\bVERSION|_VERSION/.test(condition)) return [];
  const pieces = evaluate(parseExpr(condition), { meaning: () => constant<Meaning>(undefined) });
  return unionOf(pieces.filter(({ value }) => value !== undefined).map(({ since, until }) => ({ since, until })));
}

/** The releases that the unit stands for on which the condition is looked at and the flags are no macros. */
function liveKernels(pass: RulePass, at: { start: number; end: number }): Kernels {
  return without(bothOf([pass.unit.range], branchKernels(pass.unit, at.start)), kernelsOf([FLAGS_ARE_MACROS]));
}

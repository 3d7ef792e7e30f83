/**
 * ## What it does
 * Finds numbers, truth values and comparisons passed as gup_flags: `1`, `true`, `rw == READ`, an int named `write`, `0x10`; also NULL
 * and false. A plain 0 is fine. Copies of FOLL_ values in the file's own #define lines are found as well.
 *
 * ## Why is this bad?
 * It is left over from the `int write` argument, and works only because FOLL_WRITE happens to be 1. All other values changed in 6.3:
 * 0x10 was FOLL_FORCE and is FOLL_NOWAIT, 0x10000 was FOLL_LONGTERM and is FOLL_TOUCH.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, bool write, struct page **pages)
 * {
 * 	if (n == 1)
 * 		return pin_user_pages_fast(addr, n, 1, pages);
 * 	return pin_user_pages_fast(addr, n, write, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, bool write, struct page **pages)
 * {
 * 	if (n == 1)
 * 		return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * 	return pin_user_pages_fast(addr, n, write ? FOLL_WRITE : 0, pages);
 * }
 * ```
 *
 * ## Kernels
 * Those on which the argument is gup_flags: 4.9 and later, 5.2 and later for `get_user_pages_fast()`; before, it is `int write` and a
 * truth value is right. An error where the number means one flag on one kernel aimed at and another on the next, and where a kernel
 * refuses the call because of what the number means there. `false` is an info.
 *
 * ## Limits
 * A number that comes out of a structure field or an unknown function is not seen.
 *
 * ## Fix safety
 * Safe: 1 and truth values become FOLL_WRITE, which has the same value. Other numbers get no fix: which flag was meant only the
 * author knows.
 *
 * ## References
 * include/linux/mm.h of 6.2, include/linux/mm_types.h of 6.3.
 */
import { closing, isWriteName, splitArguments } from '../analysis/flags/constants.ts';
import type { FlagTerm } from '../analysis/sites/site.ts';
import { covers } from '../base/span.ts';
import type { Severity } from '../engine/protocol.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { scanText, skipBack, skipForward } from './fixes/text-scan.ts';
import { fastRefusesFlag, isFastFunction, refusalOf } from './support/facts.ts';
import { checkCopies } from './support/flags/flag-copies.ts';
import { type FlagUse, flagUses, reportUse } from './support/flags/flag-use.ts';
import { type Reading, readingsOf, showReading } from './support/flags/flag-values.ts';
import { bothOf, EVERY_KERNEL, isEmpty, type Kernels, showKernels, unionOf } from './support/kernels.ts';

/** See the head of the file. */
export const magicGupFlags = defineRule({
  name: 'magic-gup-flags',
  group: 'flags',
  summary: 'A number, truth value or comparison is passed as gup_flags',
  severity: 'warning',
  fix: 'safe',
  check(pass) {
    const seen = new Set<string>();
    for (const use of flagUses(pass, isMagic)) {
      if (goesToTruthParameter(pass, use)) continue;
      const shown = atArgument(use);
      const key = `${shown.term.unit.path}:${shown.term.span.start}`;
      if (seen.has(key)) continue;
      seen.add(key);
      checkUse(pass, shown);
    }
    checkCopies(pass);
  },
});

function isMagic(term: FlagTerm): boolean {
  if (term.kind === 'zero') return isNullWord(term.name) || term.name === 'false';
  return term.kind === 'literal' || term.kind === 'comparison';
}

/**
 * Whether the term is what a caller hands to a wrapper's `bool` or `int write`: the wrapper, which passes that on as gup_flags, is to be
 * mended, not its callers.
 */
function goesToTruthParameter(pass: RulePass, { site, term }: FlagUse): boolean {
  if (site.via === undefined || term.unit !== site.unit || !covers(site.span, term.span)) return false;
  const { text } = site.unit;
  const open = text.indexOf('(', site.nameSpan.end);
  const given = splitArguments(text, open + 1, site.span.end - 1);
  const index = given.findIndex((argument) => covers(argument, term.span));
  for (const unit of [site.unit, ...pass.headers]) {
    const fn = unit.functions.find((f) => f.name === site.via);
    if (fn === undefined) continue;
    const from = unit.code.indexOf('(', fn.nameSpan.end);
    const end = closing(unit.code, from);
    const parameter = splitArguments(unit.code, from + 1, end)[index];
    const words = parameter === undefined ? '' : unit.code.slice(parameter.start, parameter.end);
    return /\b(?:bool|_Bool)\b/.test(words) || isWriteName(/(\w+)\s*$/.exec(words)?.[1] ?? '');
  }
  return false;
}

function isNullWord(text: string): boolean {
  return /\bNULL\b/.test(text);
}

/**
 * The use as it is shown. Where the argument is a variable that is no flags variable by its name (`write`), or a parameter is a truth
 * value, the name in the argument is what is wrong, not each number it was given nor its declaration.
 */
function atArgument(use: FlagUse): FlagUse {
  const { site, term } = use;
  const { span, text } = site.flags;
  if (span === undefined || isInside(use)) return use;
  const name =
    /^[A-Za-z_]\w*$/.test(text) && !/flag|foll|gup/i.test(text) ? text : term.kind === 'comparison' ? term.name : '';
  const found = !/^\w+$/.test(name)
    ? []
    : [...site.unit.text.slice(span.start, span.end).matchAll(new RegExp(`\\b${name}\\b`, 'g'))];
  if (found.length !== 1) return use;
  const start = span.start + (found[0]?.index ?? 0);
  const place = { unit: site.unit, span: { start, end: start + name.length }, atCall: true, must: true };
  return { ...use, term: { ...term, ...place, kind: 'comparison', name, value: undefined } };
}

/** Whether the term stands in the argument itself. */
function isInside({ site, term }: FlagUse): boolean {
  const { span } = site.flags;
  return term.unit === site.unit && span !== undefined && span.start <= term.span.start && term.span.end <= span.end;
}

function checkUse(pass: RulePass, use: FlagUse): void {
  const { site, term } = use;
  const fixes = fixOf(use);
  const always = { holds: EVERY_KERNEL, fixes, certainty: 'on-its-path' } as const;
  if (term.kind === 'zero') {
    const what = isNullWord(term.name) ? 'a pointer' : 'a truth value';
    const message = `${term.name} is ${what}, gup_flags of ${site.api}() is a number: write 0`;
    reportUse(pass, use, { ...always, message, severity: isNullWord(term.name) ? 'warning' : 'info' });
    return;
  }
  if (term.kind === 'comparison' || term.name === 'true') {
    const message = `${term.name} is a truth value passed as gup_flags of ${site.api}(): it stands for FOLL_WRITE only because that is 1`;
    reportUse(pass, use, { ...always, message, severity: 'warning' });
    return;
  }
  if (term.value === 1) {
    const message = `1 passed as gup_flags of ${site.api}(): write FOLL_WRITE`;
    reportUse(pass, use, { ...always, message, severity: 'warning' });
    return;
  }
  checkNumber(pass, use, term.value);
}

/** A number other than 0 and 1: what it means where. */
function checkNumber(pass: RulePass, use: FlagUse, value: number | undefined): void {
  const { site, term } = use;
  if (value === undefined) {
    reportUse(pass, use, {
      holds: EVERY_KERNEL,
      severity: 'warning',
      certainty: 'on-its-path',
      message: `${term.name} passed as gup_flags of ${site.api}(): use FOLL_ names`,
    });
    return;
  }
  const readings = readingsOf(pass.model, value, use.live);
  const refused = refusedReadings(pass, use, readings);
  const means = readings.map((r) => showReading(r, showKernels)).join(', ');
  const severity: Severity = readings.length > 1 || !isEmpty(refused) ? 'error' : 'warning';
  const no = isEmpty(refused) ? '' : `, which ${site.api}() refuses on {kernels}`;
  reportUse(pass, use, {
    message: `${term.name} passed as gup_flags of ${site.api}() is ${means}${no}: use FOLL_ names`,
    on: isEmpty(refused) ? use.live : refused,
    holds: severity === 'warning' ? EVERY_KERNEL : readings.length > 1 ? use.live : refused,
    severity,
    certainty: 'on-its-path',
  });
}

/** The releases that refuse the call because of what the number means there. */
function refusedReadings(pass: RulePass, { site, live }: FlagUse, readings: readonly Reading[]): Kernels {
  return unionOf(
    readings.flatMap((reading) => {
      const on = bothOf(reading.kernels, live);
      const checks = refusalOf(site, {
        model: pass.model,
        flags: reading.names,
        which: (row) => row.flags !== undefined,
      });
      const masked = isFastFunction(site.api) ? reading.names.flatMap((name) => fastRefusesFlag(name)) : [];
      return bothOf(unionOf([...checks.kernels, ...masked]), on);
    }),
  );
}

function fixOf({ term }: FlagUse): readonly FixProposal[] {
  const newText = replacement(term);
  if (newText === undefined) return [];
  return [
    {
      title: `Use ${newText}`,
      applicability: 'safe',
      edits: [{ unit: term.unit, span: term.span, newText: parenthesised(term, newText) }],
    },
  ];
}

function replacement(term: FlagTerm): string | undefined {
  if (term.kind === 'zero') return '0';
  if (term.name === 'true' || (term.kind === 'literal' && term.value === 1)) return 'FOLL_WRITE';
  if (term.kind !== 'comparison') return undefined;
  const text = term.unit.text.slice(term.span.start, term.span.end).trim();
  const inner =
    text.startsWith('(') && text.endsWith(')') && !/[()]/.test(text.slice(1, -1)) ? text.slice(1, -1) : text;
  return `${inner} ? FOLL_WRITE : 0`;
}

/** With parentheses where the expression goes on around the term. */
function parenthesised(term: FlagTerm, newText: string): string {
  if (!newText.includes('?')) return newText;
  const text = scanText(term.unit, term.span);
  const before = text[skipBack(text, term.span.start) - 1] ?? '';
  const after = text[skipForward(text, term.span.end)] ?? '';
  const free = /[,(=]/.test(before) && /[,);]/.test(after);
  return free ? newText : `(${newText})`;
}

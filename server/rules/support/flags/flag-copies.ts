/**
 * The part of magic-gup-flags that looks at #define lines: copies of FOLL_ values in a file of its own. A definition under
 * `#ifndef FOLL_X` is left to foll-macro-as-version-test, one on kernels that lack the flag is a shim.
 */
import { literalValue } from '../../../analysis/flags/constants.ts';
import type { MacroDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { flagKernels, isUserSpace } from '../facts.ts';
import { bothOf, isEmpty, showKernels } from '../kernels.ts';
import { versionSeverity } from './flag-use.ts';
import { readingsOf, showReading } from './flag-values.ts';

/** Reports every definition of a kernel's flag with a number of the file's own. */
export function checkCopies(pass: RulePass): void {
  if (isUserSpace(pass.unit)) return;
  for (const macro of pass.unit.macros) {
    if (macro.name.startsWith('FOLL_') && macro.params === undefined && !isKernelHeader(pass, macro.name))
      checkCopy(pass, macro);
  }
}

function checkCopy(pass: RulePass, macro: MacroDef): void {
  const value = literalValue(pass.text(macro.bodySpan).replace(/[()\s]/g, ''));
  const has = flagKernels(pass.model, macro.name);
  const on = bothOf(bothOf(has, [macro.active]), [pass.unit.range]);
  if (value === undefined || isEmpty(on) || isGuarded(pass, macro)) return;
  const other = readingsOf(pass.model, value, on).filter((r) => r.names.length !== 1 || r.names[0] !== macro.name);
  const wrong = other.map((r) => showReading(r, showKernels)).join(', ');
  const severity = versionSeverity(pass, other.length > 0 ? 'error' : 'warning', on, has);
  pass.report({
    message:
      other.length > 0
        ? `${macro.name} is the kernel's, and this copy is wrong: its value is ${wrong}`
        : `a copy of the kernel's ${macro.name}: its value changes between kernels, leave it to the kernel's header`,
    at: { unit: pass.unit, span: macro.nameSpan },
    functionName: '',
    kernels: on,
    severity,
  });
}

/** Whether the file is the kernel header that a row of the flag was read from. */
function isKernelHeader(pass: RulePass, flag: string): boolean {
  return pass.model.allFlags(flag).some((row) => pass.unit.path.endsWith(row.source.path)) || pass.entitled(flag);
}

/** Whether the line before the definition is `#ifndef NAME`. */
function isGuarded(pass: RulePass, macro: MacroDef): boolean {
  const line = pass.unit.lines.at(macro.nameSpan.start).line;
  const previous = pass.unit.text.slice(pass.unit.lines.lineStart(line - 1), pass.unit.lines.lineStart(line));
  return new RegExp(`^\\s*#\\s*(?:ifndef|if\\s*!\\s*defined)\\s*\\(?\\s*${macro.name}\\b`).test(previous);
}

/**
 * ## What it does
 * Finds calls of functions of the family (those that take pages or give them back) that a kernel aimed at does not have.
 *
 * ## Why is this bad?
 * The file does not compile or the module does not load there. `put_user_page()` became `unpin_user_page()` in 5.6, `pin_user_pages_fast()` exists
 * since 5.6, `get_user_pages_locked()` until 5.17, `pin_user_pages_fast_only()` until 6.2.
 *
 * ## Example
 * ```c bad
 * static void demo_release(struct page **pages, unsigned long n)
 * {
 * 	put_user_pages(pages, n);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static void demo_release(struct page **pages, unsigned long n)
 * {
 * 	unpin_user_pages(pages, n);
 * }
 * ```
 *
 * ## Kernels
 * All: each function by the releases that have it, on the kernels on which the enclosing #if keeps the call.
 *
 * ## Limits
 * A function or macro of the same name in the file or in a header of its project is taken as the one that is called. A call
 * under #if with a macro of a configure step (`HAVE_...`) is taken to be right where the macro is defined. Stable back-ports count only
 * by the first release of their series. What 4.4 has, older kernels are taken to have: nothing is known of them.
 *
 * ## Fix safety
 * Safe: the call gets the function's new name where only the name changed and every kernel aimed at has it.
 *
 * ## References
 * include/linux/mm.h of 4.4 to 6.12.
 */
import type { ApiCall } from '../analysis/sites/site.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { renameCall } from './fixes/arguments.ts';
import { isConfigured } from './support/configured.ts';
import { definitionKernels, isOfFamily, kernelsOf, liveHere } from './support/facts.ts';
import { versionSeverity } from './support/flags/flag-use.ts';
import { EVERY_KERNEL, includesAll, isEmpty, showKernels, without } from './support/kernels.ts';

/** See the head of the file. */
export const apiNotInKernel = defineRule({
  name: 'api-not-in-kernel',
  group: 'version',
  summary: 'A function is called that a kernel aimed at does not have',
  severity: 'error',
  fix: 'safe',
  check(pass) {
    for (const call of pass.calls) {
      if (call.spelled === call.api && isOfFamily(call, pass) && !isConfigured(call)) checkCall(pass, call);
    }
  },
});

function checkCall(pass: RulePass, call: ApiCall): void {
  const rows = pass.model.allRows(call.api);
  const has = kernelsOf(rows);
  const lacking = without(liveHere(call, pass), has);
  if (isEmpty(lacking)) return;
  const missing = without(lacking, definitionKernels(pass, call.spelled));
  if (isEmpty(missing)) return;
  const newName = rows.at(-1)?.replacedBy;
  const instead = newName === undefined ? '' : `; ${newName}() took its place`;
  pass.report({
    message: `${call.api}() does not exist on {kernels}, only on ${showKernels(has)}${instead}`,
    kernels: missing,
    at: { unit: call.unit, span: call.nameSpan },
    functionName: call.fn?.name ?? '',
    severity: versionSeverity(pass, 'error', without(EVERY_KERNEL, has), has),
    fixes: newName === undefined ? [] : renameFix(pass, call, newName),
  });
}

/** The rename, where every kernel on which the call is live has the new name with the same arguments in the same order. */
function renameFix(pass: RulePass, call: ApiCall, newName: string): readonly FixProposal[] {
  const old = pass.model
    .allRows(call.api)
    .at(-1)
    ?.params.map((p) => p.role)
    .join();
  const same = pass.model.allRows(newName).filter((row) => row.params.map((p) => p.role).join() === old);
  const edit = renameCall(call, newName);
  if (edit === undefined || call.args.length !== same[0]?.params.length) return [];
  if (!includesAll(kernelsOf(same), pass.liveOn(call))) return [];
  return [{ title: `Call ${newName}()`, applicability: 'safe', edits: [edit] }];
}

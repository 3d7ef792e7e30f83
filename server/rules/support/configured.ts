/**
 * Calls that a configure step chooses: under #if with a macro that tells whether the kernel has a function or how many arguments it
 * takes. The macro is defined where that holds, so the version rules have nothing to say of such a call.
 */
import type { ApiCall } from '../../analysis/sites/site.ts';
import type { CUnit, OpenBranch } from '../../syntax/unit.ts';

/** Words in macros that stand for what a kernel has, as configure steps spell them, and macros that are given a version: `NEWER(4, 6, 0)`. */
const TELLS_OF_KERNEL =
  /HAVE|HAS_|PRESENT|KERNEL|COMPAT|BACKPORT|ARGS|PARAMS|STAPCONF|SUPPORT|\w\s*\(\s*\d+\s*,\s*\d+\s*,\s*\d+\b/i;

/** A function that takes user pages, or a project's own form of one. */
const TAKES_PAGES = /\w*(?:get|pin)_user_page|\w*(?:GET|PIN)_USER_PAGE|\w*iov_iter_(?:get|extract)_pages/;

/** Whether an unknown macro that speaks of the kernel decides whether the call is compiled. */
export function isConfigured(call: ApiCall): boolean {
  const { unit } = call;
  const at = call.nameSpan.start;
  return unit.openBranches.some((b) => b.body.start <= at && at < b.body.end && speaksOfKernel(unit, b, call.api));
}

/** A condition of the group names the kernel or the function, or another branch has another form of such a call. */
function speaksOfKernel(unit: CUnit, { sources, others }: OpenBranch, api: string): boolean {
  if (sources.some((s) => TELLS_OF_KERNEL.test(s) || s.includes(api.toUpperCase()))) return true;
  return others.some((s) => TAKES_PAGES.test(unit.text.slice(s.start, s.end)));
}

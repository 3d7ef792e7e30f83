/** A function that marks the page it is given dirty: what its callers do with the page tells whether it is one of users. */
import { callsOf, treeOf } from '../../../analysis/calls/call-index.ts';
import { parameters } from '../../../analysis/locals.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { argumentNodes, codeOf } from '../../../analysis/trees.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';

/** Callers that are looked at of one function. */
const MAX_CALLERS = 8;

/**
 * Whether a caller of the marking function gives the page back behind the call, itself or by a function of the file that gets it, in a release
 * for which `isOfUser` holds.
 */
export function isMarkedForCaller(pass: RulePass, dirty: ApiCall, isOfUser: (release: ApiCall) => boolean): boolean {
  const { unit, fn } = dirty;
  const index = fn === undefined ? -1 : parameterOf(unit, fn, dirty);
  if (fn === undefined || index < 0) return false;
  const releases = pass.calls.filter((c) => c.unit === unit && c.rows.some((row) => row.family === 'release'));
  const given = releases.filter((c) => c.fn !== undefined && isOfUser(c));
  return callsOf(unit, fn.name)
    .slice(0, MAX_CALLERS)
    .some((call) => {
      const argument = argumentNodes(call.node)[index];
      const page = argument === undefined ? '' : codeOf(unit, argument);
      if (call.fn === fn || !/^\w+$/.test(page)) return false;
      const behind = unit.code.slice(call.node.end, call.fn.bodySpan.end);
      return given.some((r) => {
        if (r.fn === call.fn) return r.span.start > call.node.end && r.args[0]?.text.trim() === page;
        const at = r.fn === undefined ? -1 : parameterOf(unit, r.fn, r);
        return at === 0 && new RegExp(`\\b${r.fn?.name ?? ''}\\s*\\(\\s*${page}\\s*[,)]`).test(behind);
      });
    });
}

/** Which parameter of its function a call's first argument is; -1 for none. */
function parameterOf(unit: CUnit, fn: FunctionDef, { args }: ApiCall): number {
  const name = args[0]?.text.trim() ?? '';
  return parameters(unit, treeOf(unit, fn)).findIndex((p) => p.name === name);
}

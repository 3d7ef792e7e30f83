/** The array that a call leaves behind where it fails: it was allocated before the pages could not be had. */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import { localNames } from '../../../analysis/locals.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { codeOf, lastStatement, pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import { type CNode, childByField } from '../../../syntax/node.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';

/** An array that is lost. */
export interface LostArray {
  readonly name: string;
  /** The jump or return by which the function leaves with it. */
  readonly leaves: Span;
}

/**
 * The array of a call that allocates one for a NULL pointer and keeps it where it fails. The function sets the pointer to NULL, frees it
 * where the call went well, and not where that failed.
 */
export function arrayAfterFailure(site: CallSite, pass: RulePass): LostArray | undefined {
  const { unit, fn, node } = site;
  const stays = site.rows.some((r) => r.effects.some((e) => e.op === 'alloc' && e.evenIfFailed === true));
  if (!stays || fn === undefined || node === undefined || site.via !== undefined) return undefined;
  const name = /^&\s*(\w+)$/.exec(argumentOf(site, 'pages', pass)?.text ?? '')?.[1];
  const tree = treeOf(unit, fn);
  const local = name === undefined ? undefined : localNames(unit, tree).get(name);
  if (name === undefined || local === undefined || local.param !== undefined || local.isStatic) return undefined;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const ahead = unit.code.slice(fn.bodySpan.start, site.span.start);
  if (!new RegExp(`\\b${name}\\s*=\\s*NULL\\b`).test(ahead) || !frees(body, name)) return undefined;
  if (unit.text.slice(fn.bodySpan.start, site.span.start).includes('__free')) return undefined;
  const branch = failureBranch(site, tree, node);
  const last = branch === undefined ? undefined : lastStatement(branch);
  if (branch === undefined || last === undefined || frees(codeOf(unit, branch), name)) return undefined;
  if (last.type === 'return_statement') return { name, leaves: { start: last.start, end: last.end } };
  const label = last.type === 'goto_statement' ? childByField(last, 'label') : undefined;
  const at = label === undefined ? -1 : body.search(new RegExp(`\\b${codeOf(unit, label)}\\s*:(?!:)`));
  // What lies behind the label frees it, or a jump leads back to where that is done.
  if (at < 0 || at + fn.bodySpan.start < last.end || frees(body.slice(at), name) || /\bgoto\b/.test(body.slice(at)))
    return undefined;
  return { name, leaves: { start: last.start, end: last.end } };
}

function frees(code: string, name: string): boolean {
  return new RegExp(`\\w*free\\w*\\s*\\(\\s*${name}\\s*\\)`).test(code);
}

/** The branch of the test behind the call's statement that is taken where the call failed. */
function failureBranch({ unit }: CallSite, tree: CNode, node: CNode): CNode | undefined {
  const path = pathTo(tree, node);
  const at = path.findLastIndex((n, i) => path[i - 1]?.type === 'compound_statement' && n.start <= node.start);
  const statement = path[at];
  const statements = path[at - 1]?.children ?? [];
  const next = statement === undefined ? undefined : statements[statements.indexOf(statement) + 1];
  if (statement === undefined || next?.type !== 'if_statement') return undefined;
  const result = /(\w+)\s*=[^=]/.exec(codeOf(unit, statement))?.[1];
  const condition = childByField(next, 'condition');
  if (result === undefined || condition === undefined) return undefined;
  const fails = new RegExp(`^\\(\\s*(?:unlikely\\s*\\(\\s*)?${result}\\s*(?:<|<=)\\s*0\\s*\\)?\\s*\\)$`);
  return fails.test(codeOf(unit, condition)) ? childByField(next, 'consequence') : undefined;
}

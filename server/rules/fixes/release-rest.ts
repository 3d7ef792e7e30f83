/**
 * What is left of the pages where a loop gives up: the one page of this turn, or those of an array from the loop's cursor on. Told from how
 * the loop counts: `n -= k; off += k;`, or `for (i = 0; i < n; i++)` over the number that came.
 */
import { treeOf } from '../../analysis/calls/call-index.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import { rungsUsed } from '../../analysis/statements/exit-ladder.ts';
import { codeOf, lastStatement, loopsAround } from '../../analysis/trees.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { FixProposal, RulePass } from '../define.ts';
import { argumentOf } from '../support/facts.ts';
import type { PageFinding } from '../support/flow-report.ts';
import { isAssignedIn, resultVariable } from '../support/results/result-variable.ts';
import { insideArms, type ReleaseLines } from './arm-edits.ts';
import { type FailingArm, failingArms } from './failing-arms.ts';

/** Names of the functions that give back one page, and an array of them. */
export interface ReleaseNames {
  readonly one: string;
  readonly array: string;
}

/** The fix; undefined where no loop around the ways out counts in such a way. */
export function releaseRest(
  pass: RulePass,
  { finding, site, names }: { readonly finding: PageFinding; readonly site: CallSite; readonly names: ReleaseNames },
): FixProposal | undefined {
  const { unit, fn } = site;
  const pages = argumentOf(site, 'pages', pass)?.text ?? argumentOf(site, 'folios', pass)?.text;
  if (fn === undefined || pages === undefined) return undefined;
  const tree = treeOf(unit, fn);
  const found = failingArms(pass, finding, site);
  const arms = found === undefined ? refusedElements(finding, { site, pages, tree }) : alike(site, tree, found);
  if (arms.length === 0) return undefined;
  const lines = new Map<number, ReleaseLines>();
  for (const arm of arms) {
    const loop = loopsAround(tree, arm.jump).at(-1);
    if (loop === undefined) return undefined;
    const own = loop.start <= site.span.start && site.span.end <= loop.end;
    const place = { site, pages, arm, loop };
    const here = own ? takenSoFar(pass, finding, place, names) : (fromCursor(place, names) ?? fromIndex(place, names));
    if (here === undefined) return undefined;
    lines.set(arm.body.start, here);
  }
  return insideArms(unit, arms, (offset) => lines.get(offset));
}

/** Where the elements of what came are handed on. */
interface Handing {
  readonly site: CallSite;
  readonly pages: string;
  readonly tree: CNode;
}

/**
 * The arms behind calls that are to take over one element and may fail, where no test on the path tells them: `v = f(..., pages[i]); if (v < 0)`,
 * with a jump to a label that the leak comes by.
 */
function refusedElements({ problem }: PageFinding, { site, pages, tree }: Handing): readonly FailingArm[] {
  const { unit, span } = site;
  const arms: FailingArm[] = [];
  if (!isName(pages)) return arms;
  walk(tree, (n) => {
    const body = n.type === 'if_statement' ? childByField(n, 'consequence') : undefined;
    const jump = lastStatement(body);
    if (body === undefined || childByField(n, 'alternative') !== undefined) return true;
    if (jump?.type !== 'goto_statement' || n.start < span.end || loopsAround(tree, n).length !== 1) return true;
    const before = unit.code.slice(0, n.start).replace(/\s+$/, '');
    const call = before.slice(Math.max(before.lastIndexOf(';', before.length - 2), before.lastIndexOf('}')) + 1);
    const [, value] = new RegExp(`^\\s*(\\w+)\\s*=\\s*\\w+\\([^;]*\\b${pages}\\[\\w+\\]\\);$`).exec(call) ?? [];
    const condition = unit.code.slice(n.start, jump.start);
    if (value === undefined || !new RegExp(`^if \\(${value}(?: < 0)?\\)`).test(condition)) return true;
    const rung = rungsUsed(unit, tree, { start: span.end, end: jump.end }).find(
      (r) => r.label === codeOf(unit, jump).replace(/^goto\s+|;$/g, ''),
    );
    if (rung !== undefined && rung.span.start <= problem.step.span.start)
      arms.push({ body, jump, rung, hasElse: false });
    return true;
  });
  return arms;
}

/** With the arms behind a leaking one that jump to the same label of the function before anything else is counted. */
function alike(site: CallSite, tree: CNode, found: readonly FailingArm[]): readonly FailingArm[] {
  const { code } = site.unit;
  const arms = [...found];
  for (const arm of found) {
    const [loop] = loopsAround(tree, arm.jump).slice(-1);
    if (loop === undefined || arm.rung === undefined) continue;
    walk(loop, (n) => {
      const body = n.type === 'if_statement' ? childByField(n, 'consequence') : undefined;
      if (body === undefined || n.start < arm.body.end) return true;
      const jump = lastStatement(body);
      const counted = /\+\+|--|[-+]=/.test(code.slice(arm.body.end, n.start));
      const same = jump?.type === 'goto_statement' && codeOf(site.unit, jump) === codeOf(site.unit, arm.jump);
      const known = arms.some((a) => a.body.start === body.start);
      const hasElse = childByField(n, 'alternative') !== undefined;
      if (jump !== undefined && same && !counted && !known) arms.push({ body, jump, rung: arm.rung, hasElse });
      return true;
    });
  }
  return arms.sort((a, b) => a.body.start - b.body.start);
}

/** A way out of a loop, and what the acquire call fills. */
interface Place {
  readonly site: CallSite;
  readonly pages: string;
  readonly arm: FailingArm;
  readonly loop: CNode;
}

/**
 * What a loop that takes one page a turn into an element, `pages + i` or `&pages[i]`, leaves behind: the page of this turn, where the way out
 * gives back those of the turns before, or all of them up to this turn's.
 */
function takenSoFar(pass: RulePass, finding: PageFinding, place: Place, names: ReleaseNames): ReleaseLines | undefined {
  const { problem, resource } = finding;
  const { site, pages, arm, loop } = place;
  const single = resource.requested?.kind === 'int' && resource.requested.value === 1 && resource.unit !== 'folios';
  const [, array, index] = /^([\w>.-]+) \+ (\w+)$/.exec(pages) ?? /^&\s*([\w>.-]+)\[(\w+)\]$/.exec(pages) ?? [];
  if (!single || array === undefined || index === undefined || isChanged(site, index, arm)) return undefined;
  // One page comes or an error does: the functions that may give none are the fast ones that give up.
  const took = site.api.endsWith('_only') ? undefined : tellsOfTurn(problem, resultVariable(site)?.name);
  if (took === undefined) return undefined;
  if (givesBackBefore(site, arm, array))
    return took ? { name: names.one, lines: [`${names.one}(${array}[${index}]);`] } : undefined;
  const { code } = site.unit;
  const head = code.slice(loop.start, bodyStart(loop)).replace(/\s+/g, ' ').trim();
  const counts = new RegExp(
    `^for \\((?:[^;]*, )?${index} = 0(?:,[^;]*)?;[^;]*;(?:[^;]*[ (,])?(?:${index}\\+\\+|\\+\\+${index})[^;]*\\)$`,
  );
  const stays = !isAssignedIn(site, index, bodyStart(loop), loop.end);
  if (!counts.test(head) || !stays || pass.model.rows(names.array).some((r) => r.params.length !== 2)) return undefined;
  return { name: names.array, lines: [`${names.array}(${array}, ${took ? `${index} + 1` : index});`] };
}

/** Whether the last test of a result on the way says that this turn's page came; undefined where none says anything. */
function tellsOfTurn({ steps }: PageFinding['problem'], variable: string | undefined): boolean | undefined {
  const [, asked, answer] =
    steps
      .map(({ text }) => /^(\w+ \S+ \d) is (true|false) on this path$/.exec(text))
      .findLast((m) => m?.[1]?.startsWith(`${variable} `) === true) ?? [];
  const failed = [`${variable} < 0`, `${variable} != 1`, `${variable} <= 0`, `${variable} < 1`].includes(asked ?? '');
  const came = [`${variable} == 1`, `${variable} > 0`].includes(asked ?? '');
  if (!failed && !came) return undefined;
  return failed ? answer === 'false' : answer === 'true';
}

/** Whether the label that an arm jumps to leads to a release that names the array: of the turns before. */
function givesBackBefore(site: CallSite, { rung }: FailingArm, array: string): boolean {
  if (rung === undefined || site.fn === undefined) return false;
  const behind = site.unit.code.slice(rung.span.start, site.fn.bodySpan.end);
  return new RegExp(`\\b\\w*(?:unpin|put|release)\\w*\\s*\\([^;]*${array.replace(/[.>-]+/g, '\\W+')}\\b`).test(behind);
}

/** `(pages + off, n)` in a loop that lowers the number as it raises the offset, before it does. */
function fromCursor({ site, pages, arm, loop }: Place, names: ReleaseNames): ReleaseLines | undefined {
  const count = resultVariable(site)?.name;
  if (count === undefined || !isName(pages)) return undefined;
  const { code } = site.unit;
  const condition = code.slice(loop.start, bodyStart(loop)).replace(/\s+/g, ' ');
  if (!new RegExp(`^while \\(${count}(?: > 0)?\\)`).test(condition)) return undefined;
  // What this turn moved already has another holder.
  if (new RegExp(`\\b${pages}\\s*[[+]`).test(code.slice(bodyStart(loop), arm.body.start))) return undefined;
  const behind = code.slice(arm.body.end, loop.end);
  const [, step] = new RegExp(`\\b${count}\\s*-=\\s*([^;]+);`).exec(behind) ?? [];
  const [, cursor] =
    [...behind.matchAll(/(\w+)\s*\+=\s*([^;]+);/g)].find((m) => m[2] === step && m[1] !== undefined) ?? [];
  if (step === undefined || cursor === undefined) return undefined;
  const ahead = code.slice(site.span.end, loop.start);
  const starts =
    new RegExp(`\\b${cursor}\\s*=\\s*0\\s*;`).test(ahead) && !isAssignedIn(site, count, site.span.end, loop.start);
  const kept =
    !isAssignedIn(site, cursor, loop.start, arm.body.start) && !isAssignedIn(site, count, loop.start, arm.body.start);
  if (!starts || !kept || !new RegExp(`\\b${pages}\\s*\\[[^\\]]*\\b${cursor}\\b`).test(behind)) return undefined;
  return { name: names.array, lines: [`${names.array}(${pages} + ${cursor}, ${count});`] };
}

/** `(pages + i, n - i)` in a loop over all that came, where a turn gives its element away only behind the way out. */
function fromIndex({ site, pages, arm, loop }: Place, names: ReleaseNames): ReleaseLines | undefined {
  const count = resultVariable(site)?.name;
  if (count === undefined || !isName(pages) || loop.type !== 'for_statement') return undefined;
  const { code } = site.unit;
  const head = code.slice(loop.start, bodyStart(loop)).replace(/\s+/g, ' ').trim();
  const [, index] = new RegExp(`^for \\((\\w+) = 0; \\1 < ${count}; (?:\\+\\+\\1|\\1\\+\\+)\\)$`).exec(head) ?? [];
  if (index === undefined || isAssignedIn(site, count, site.span.end, arm.body.start)) return undefined;
  if (isAssignedIn(site, index, bodyStart(loop), arm.body.start)) return undefined;
  const element = `${pages}\\[${index}\\]`;
  const handed = new RegExp(
    `(?:->\\w+|\\])\\s*=\\s*(?:\\([^()]*\\)\\s*)?${element}\\s*;|\\b(?:${names.one}|put_page)\\(${element}\\)`,
  );
  // Those of earlier turns must be gone, and the one at hand not yet.
  const gone = handed.test(code.slice(arm.body.end, loop.end));
  const mentions = code.slice(bodyStart(loop), arm.body.start).split(';').slice(0, -2).join(';');
  if (!gone || handed.test(`${mentions};`)) return undefined;
  return { name: names.array, lines: [`${names.array}(${pages} + ${index}, ${count} - ${index});`] };
}

function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}

function bodyStart(loop: CNode): number {
  return childByField(loop, 'body')?.start ?? loop.end;
}

/** Whether a variable gets another value between the acquire call and an arm. */
function isChanged(site: CallSite, name: string, arm: FailingArm): boolean {
  const text = site.unit.code.slice(site.span.end, arm.body.start);
  return (
    isAssignedIn(site, name, site.span.end, arm.body.start) ||
    new RegExp(`(?:\\+\\+|--)\\s*${name}\\b|(?<![\\w.>])${name}\\s*(?:\\+\\+|--)`).test(text)
  );
}

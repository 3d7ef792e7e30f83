/**
 * Pages used behind their release, and releases that read an array that was freed before, in one block as the text has it: for pages
 * that path analysis lost on the way there, through a parameter, a field of an element, a list.
 */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import { printsByName } from '../../../analysis/print-names.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { fixedLoop, goesUpTo } from '../../../analysis/statements/counting-loop.ts';
import { callStatement, compact } from '../../../analysis/statements/statement-place.ts';
import { argumentNodes, calleeOf, callNodes, codeOf, loopsAround } from '../../../analysis/trees.ts';
import type { CNode } from '../../../syntax/node.ts';
import type { FixProposal, RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import { releaseKind } from './field-releases.ts';
import { takesOwn } from './repeated-releases.ts';
import { givesUserPages } from './user-releases.ts';

/** A use of pages behind the call that gave them back. */
export interface LateUse {
  readonly release: ApiCall;
  readonly use: ApiCall;
}

/** Calls of this file that use (`access`), or mark dirty (`dirty`), what a release before them in the same block gave back. */
export function lateUses(pass: RulePass, how: 'access' | 'dirty'): readonly LateUse[] {
  const uses = pass.calls.filter((c) => c.unit === pass.unit && isUse(c, how));
  if (uses.length === 0) return [];
  return pass.calls.flatMap((release) => {
    if (release.unit !== pass.unit || !uses.some((u) => u.fn === release.fn && u.span.start > release.span.end))
      return [];
    const place = pageOf(pass, release);
    if (place === undefined) return [];
    const behind = statementsBehind(pass, release, place);
    const use = uses.find(
      (u) =>
        u.args.some(
          (a, i) =>
            isOf(a.text, place) &&
            !isArrayItself(pass, { release, use: u }, i) &&
            isGivenBack(pass, release, { use: u, text: a.text, place }),
        ) && behind.some((s) => s.start <= u.span.start && u.span.end <= s.end),
    );
    return use === undefined || takesOwn(pass, release) || !givesUserPages(pass, release) ? [] : [{ release, use }];
  });
}

/** Reports a late use. A plain reference may be one of several. */
export function reportLate(
  pass: RulePass,
  { release, use, fixes = [] }: LateUse & { readonly fixes?: readonly FixProposal[] },
  what: string,
): void {
  const isPin = releaseKind(release) === 'pin';
  pass.report({
    message: `${use.fn?.name ?? ''}() ${what}`,
    at: { unit: use.unit, span: use.span },
    functionName: use.fn?.name ?? '',
    severity: isPin ? 'error' : 'warning',
    confidence: isPin ? 'high' : 'medium',
    fixes,
    related: [{ at: { unit: release.unit, span: release.span }, message: `given back here by ${release.api}()` }],
  });
}

/** Releases of this file that read their pages out of an array that a call before them in the same block freed: `use` is the release. */
export function releasesOfFreed(pass: RulePass): readonly { readonly free: ApiCall; readonly use: ApiCall }[] {
  return pass.calls.flatMap((free) => {
    const array = free.args[0]?.text.replace(/\s+/g, '') ?? '';
    if (free.unit !== pass.unit || free.args.length !== 1 || !PLACE.test(array)) return [];
    if (!free.rows.some((r) => r.effects.some((e) => e.op === 'free'))) return [];
    const later = pass.calls.filter((c) => c.fn === free.fn && c.span.start > free.span.end && isRelease(c));
    if (later.length === 0) return [];
    const behind = statementsBehind(pass, free, array);
    const use = later.find(
      (c) =>
        behind.some((s) => s.start <= c.span.start && c.span.end <= s.end) &&
        c.args.some((a) => isOf(a.text.replace(/^&/, ''), array)) &&
        givesUserPages(pass, c),
    );
    return use === undefined ? [] : [{ free, use }];
  });
}

/** A variable, or a field that arrows, dots and indices lead to. */
const PLACE = /^\w+(?:(?:->|\.)\w+|\[\w+\])*$/;

function isRelease({ rows }: ApiCall): boolean {
  return rows.some((r) => r.family !== 'memory' && r.effects.some((e) => e.op === 'release'));
}

/** Marks pages dirty and gives none back; or reads or writes their data, or asks for its address. */
function isUse(call: ApiCall, how: 'access' | 'dirty'): boolean {
  if (isRelease(call)) return false;
  return call.rows.some((row) =>
    row.effects.some(
      (e) => e.op === how || (how === 'access' && e.op === 'alias' && e.to === 'ret' && row.ret === 'void *'),
    ),
  );
}

/** The page or the array that a call gives back, where nothing in it changes anything. */
function pageOf(pass: RulePass, call: ApiCall): string | undefined {
  if (!isRelease(call)) return undefined;
  const arg = argumentOf(call, 'page', pass) ?? argumentOf(call, 'pages', pass) ?? argumentOf(call, 'folio', pass);
  const code = arg?.text.replace(/\s+/g, '').replace(/^&(?=\w+(?:\[\w+\])?$)/, '');
  return code !== undefined && !/\+\+|--|[^=!<>]=[^=]/.test(code) ? code : undefined;
}

/** Whether an argument is the page, the folio's first page, or an entry of the array. */
function isOf(text: string, place: string): boolean {
  const code = text.replace(/\s+/g, '').replace(/^\((.*)\)(?=\[|$)/, '$1');
  return code === place || code === `&${place}->page` || code.startsWith(`${place}[`);
}

/** Whether an argument is the array of a release and not what lies in it: memset() of that writes to the array's own memory. */
function isArrayItself(pass: RulePass, { release, use }: LateUse, index: number): boolean {
  const array = argumentOf(release, 'pages', pass)?.text.replace(/\s+/g, '');
  const text = use.args[index]?.text.replace(/\s+/g, '');
  return array !== undefined && text === array && use.rows.every((r) => /\bvoid\b/.test(r.params[index]?.type ?? ''));
}

/**
 * Whether an argument is among what a release gave back: of an array with a count the first entry, or that of a loop from the first on as far as
 * the same count. A part of an array says nothing of the rest.
 */
function isGivenBack(
  pass: RulePass,
  release: ApiCall,
  { use, text, place }: { readonly use: ApiCall; readonly text: string; readonly place: string },
): boolean {
  const count = argumentOf(release, 'nr', pass)?.text.replace(/\s+/g, '');
  const code = text.replace(/\s+/g, '');
  const index = /^\[(\w+)\]/.exec(code.slice(place.length))?.[1];
  if (count === undefined || !code.startsWith(`${place}[`) || index === '0') return true;
  const { unit, fn, node } = use;
  const loop = fn === undefined || node === undefined ? undefined : loopsAround(treeOf(unit, fn), node).at(-1);
  const counted = loop === undefined ? undefined : fixedLoop(unit, loop);
  return counted !== undefined && counted.index === index && goesUpTo(counted, count);
}

/** The statements of the block behind a call's own, up to a label or what may give the place or a part of it another value. */
function statementsBehind(pass: RulePass, call: ApiCall, place: string): readonly CNode[] {
  const { unit, fn, node } = call;
  if (fn === undefined || node === undefined) return [];
  const at = callStatement(treeOf(unit, fn), node);
  if (at?.block === undefined) return [];
  const { children } = at.block;
  const behind = children.slice(children.indexOf(at.statement) + 1);
  const names = place.match(/\b[a-zA-Z_]\w*(?!\w|\()/g)?.map((n) => `\\b${n}\\b`) ?? [];
  const sets = new RegExp(
    `(?:${names.join('|')})(?:\\[[^\\]]*\\])?(?:[-+|]?=[^=]|\\+\\+|--)|&(?:${names.join('|')})|(?:\\+\\+|--)(?:${names.join('|')})`,
  );
  const end = behind.findIndex(
    (s) =>
      /^(?:labeled|case)_statement$/.test(s.type) || sets.test(compact(unit, s)) || mayFill(pass, call, { s, place }),
  );
  return end < 0 ? behind : behind.slice(0, end);
}

const FILLS: ReadonlySet<string> = new Set(['acquire', 'extra-ref', 'alloc', 'transfer']);

/**
 * Whether a statement calls what may put other pages behind the place: an acquire call, or a function that the model does not know, with
 * the variable at which the place begins. A variable that is one page is what it was.
 */
function mayFill(pass: RulePass, { unit, api }: ApiCall, { s, place }: { s: CNode; place: string }): boolean {
  const root = /^\W*(\w+)/.exec(place)?.[1] ?? '';
  if (root === place && /page$|folio$/.test(api)) return false;
  const named = new RegExp(`\\b${root}\\b`);
  return callNodes(s).some((call) => {
    const callee = calleeOf(call);
    const name = callee === undefined ? '' : codeOf(unit, callee);
    if (printsByName(name) || !argumentNodes(call).some((a) => named.test(codeOf(unit, a)))) return false;
    const rows = pass.model.allRows(name);
    return rows.length === 0 || rows.some((row) => row.effects.some((e) => FILLS.has(e.op)));
  });
}

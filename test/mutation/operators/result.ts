/** Faults of the result: its variable cannot hold an -errno, or a short count passes for success. */

import { argumentOf } from '../../../server/analysis/flags/flags.ts';
import type { CallSite } from '../../../server/analysis/sites/site.ts';
import { codeOf } from '../../../server/analysis/trees.ts';
import { type CNode, childByField } from '../../../server/syntax/node.ts';
import { atCall, type Mutation, type Operator, type TextEdit } from '../operator.ts';
import { comparisons, isLoopCondition, type Result, resultOf } from '../results.ts';
import type { Subject } from '../subject.ts';
import { flat, nodesOf, sameLines } from '../trees.ts';

/** The variable becomes unsigned. */
export const unsignedResult: Operator = {
  name: 'unsigned-result',
  summary: 'the variable of the result, tested for an -errno by its sign, becomes unsigned',
  rules: ['errno-as-count'],
  target: 85,
  mutations: (subject) => subject.sites.flatMap((site) => asUnsigned(subject, site)),
};

/** A short count is accepted. */
export const acceptShort: Operator = {
  name: 'accept-short',
  summary: 'a test for all pages (`!= n`, `< n`) becomes one for an -errno',
  rules: ['short-pin-as-success', 'zero-pin-unhandled', 'partial-pin-leaked'],
  target: 85,
  mutations: (subject) => subject.sites.flatMap((site) => accepting(subject, site)),
};

const SIGNED = /^(?:(?:static|const|register|__maybe_unused)\s+)*(?:int|long|long int|long long|ssize_t|s32|s64)\s*$/;

function asUnsigned({ unit, text }: Subject, site: CallSite): Mutation[] {
  const result = resultOf(site);
  if (result?.name === undefined || !testsSign(site, result)) return [];
  const { name, root } = result;
  for (const d of nodesOf(root, 'declaration')) {
    const declarators = d.children.filter((c) => c.field === 'declarator');
    const own = declarators.find((c) => nameOf(site, c) === name);
    const first = declarators[0];
    if (own === undefined || first === undefined) continue;
    const type = unit.code.slice(d.start, first.start).trim();
    if (!SIGNED.test(type)) return [];
    const rest = declarators.filter((c) => c !== own).map((c) => flat(unit, c));
    const code = `unsigned long ${flat(unit, own)};${rest.length === 0 ? '' : ` ${type} ${rest.join(', ')};`}`;
    const edit: TextEdit = {
      start: d.start,
      end: d.end,
      text: sameLines(text.slice(d.start, d.end), code),
    };
    return [{ at: d.start, functionName: site.fn?.name ?? '', change: code, edits: [edit], sites: [site] }];
  }
  return [];
}

/** The name that `x` or `x = 0` declares; pointers and arrays have none here. */
function nameOf({ unit }: CallSite, declarator: CNode): string | undefined {
  const n = declarator.type === 'init_declarator' ? childByField(declarator, 'declarator') : declarator;
  return n?.type === 'identifier' ? codeOf(unit, n) : undefined;
}

function testsSign(site: CallSite, result: Result): boolean {
  return comparisons(site, result).some(
    ({ operator, other }) => operator !== '==' && operator !== '!=' && !other.startsWith('-'),
  );
}

function flatText(code: string): string {
  return code.replace(/\s+/g, ' ').trim();
}

/** A test that only the whole count passes, and its form that a short count passes too. */
function accepting(subject: Subject, site: CallSite): Mutation[] {
  const result = resultOf(site);
  const asked = (argumentOf(site, 'nr') ?? argumentOf(site, 'maxsize'))?.text;
  // Of one page there is no short count, and zero only from calls that may give up.
  if (result === undefined || (asked === '1' && !/_only$/.test(site.api))) return [];
  return comparisons(site, result)
    .filter((c) => c.other !== '0' && !/^\(*-/.test(c.other) && !isLoopCondition(result.root, c.node))
    .filter((c) => asked === undefined || c.other === flatText(asked))
    .flatMap((c) => {
      if (c.operator !== '!=' && c.operator !== '<' && c.operator !== '==') return [];
      const { text } = subject;
      const { start, end } = c.node;
      const left = childByField(c.node, 'left');
      const right = childByField(c.node, 'right');
      if (left === undefined || right === undefined) return [];
      const kept = flat(subject.unit, right) === c.other ? left : right;
      const code = `${text.slice(kept.start, kept.end)} ${c.operator === '==' ? '>=' : '<'} 0`;
      const edit = { start, end, text: sameLines(text.slice(start, end), code) };
      return [
        atCall(
          site,
          [site],
          `line ${subject.unit.lines.at(start).line}: ${flat(subject.unit, kept)} ${c.operator === '==' ? '>=' : '<'} 0`,
          [edit],
        ),
      ];
    });
}

/** Faults of the count of a release: what was asked for, one too few, one too many, a negative result. */
import { argumentOf } from '../../../server/analysis/flags/flags.ts';
import { childByField } from '../../../server/syntax/node.ts';
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { comparisons, resultOf } from '../results.ts';
import { shapeOf } from '../shapes.ts';
import { type PlainCall, rowOf, type Subject } from '../subject.ts';
import { around, flat, sameLines } from '../trees.ts';

/** As many as were asked for. */
export const releaseAsked: Operator = {
  name: 'release-asked',
  summary: 'a release of as many pages as came gives back as many as were asked for',
  rules: ['release-count-mismatch', 'short-pin-as-success', 'release-of-null-pages', 'use-after-release'],
  target: 85,
  mutations: (subject) =>
    subject.releases.flatMap((r) => {
      const count = countOf(subject, r);
      return r.sites.flatMap((site) => {
        const asked = argumentOf(site, 'nr');
        // What a wrapper is given says nothing of the number it asks for.
        if (count === undefined || site.via !== undefined || site.fn !== r.call.fn) return [];
        if (asked === undefined || count.code === asked.text) return [];
        if (resultOf(site)?.name !== count.code) return [];
        return [recounted(subject, r, count, flat(site.unit, asked))];
      });
    }),
};

/** One too few. */
export const releaseTooFew: Operator = {
  name: 'release-too-few',
  summary: 'a release leaves the last page out: `n - 1`, or a loop up to it',
  rules: ['release-count-mismatch', 'pin-leaked', 'partial-pin-leaked'],
  target: 85,
  mutations: (subject) => subject.releases.flatMap((r) => shifted(subject, r, '- 1')),
};

/** One too many. */
export const releaseTooMany: Operator = {
  name: 'release-too-many',
  summary: 'a release gives one more page back: `n + 1`, or a loop one turn too long',
  rules: ['release-count-mismatch'],
  target: 85,
  mutations: (subject) => subject.releases.flatMap((r) => shifted(subject, r, '+ 1')),
};

/** An -errno for a count. */
export const releaseNegative: Operator = {
  name: 'release-negative',
  summary: 'the branch of an -errno gives back as many pages as the result says',
  rules: ['errno-as-count'],
  target: 85,
  mutations: (subject) => subject.sites.flatMap((site) => negative(subject, site)),
};

interface Count {
  readonly start: number;
  readonly end: number;
  readonly code: string;
}

/** The count of a release: its argument, or the bound of the loop that gives back one page a turn. */
function countOf({ unit }: Subject, { call, node, root }: PlainCall): Count | undefined {
  const shape = shapeOf(call);
  if (shape === undefined || shape.kind === 'folio') return undefined;
  if (shape.kind !== 'page') {
    const arg = call.args[rowOf(call)?.params.findIndex((p) => p.role === 'nr') ?? -1];
    return arg === undefined ? undefined : { start: arg.start, end: arg.end, code: flat(unit, arg) };
  }
  const loop = around(root, node).find((n) => /^(?:for|while|do)_statement$/.test(n.type));
  const test = loop?.type === 'for_statement' ? childByField(loop, 'condition') : undefined;
  const bound = test?.type === 'binary_expression' ? childByField(test, 'right') : undefined;
  const index = test === undefined ? undefined : childByField(test, 'left');
  if (test === undefined || bound === undefined || index === undefined) return undefined;
  const less = unit.code.slice(index.end, bound.start).trim() === '<';
  return less && shape.page.includes(`[${flat(unit, index)}]`)
    ? { start: bound.start, end: bound.end, code: flat(unit, bound) }
    : undefined;
}

function recounted({ text }: Subject, { call, sites }: PlainCall, { start, end }: Count, code: string): Mutation {
  const edit = { start, end, text: sameLines(text.slice(start, end), code) };
  return atCall(call, sites, `${call.api}() of ${code}`, [edit]);
}

function shifted(subject: Subject, release: PlainCall, by: string): Mutation[] {
  const count = countOf(subject, release);
  if (count === undefined || count.code === '1') return [];
  const simple = /^[\w.>-]+$/.test(count.code.replace(/->/g, '.'));
  return [recounted(subject, release, count, `${simple ? count.code : `(${count.code})`} ${by}`)];
}

/** A release in front of what the branch for an -errno does. release_pages() takes a number with a sign, and none for less than 1. */
function negative(subject: Subject, site: Subject['sites'][number]): Mutation[] {
  const { text, unit } = subject;
  const result = resultOf(site);
  const pages = argumentOf(site, 'pages')?.text;
  if (result?.name === undefined || pages === undefined || site.reference !== 'pin') return [];
  const test = comparisons(site, result).find((c) => /^<=?$/.test(c.operator) && c.other === '0');
  const branch = test === undefined ? undefined : around(result.root, test.node).find((n) => n.type === 'if_statement');
  const condition = branch === undefined ? undefined : childByField(branch, 'condition');
  const body = branch === undefined ? undefined : childByField(branch, 'consequence');
  if (condition === undefined || body === undefined || flat(unit, condition).includes('||')) return [];
  const code = `unpin_user_pages(${pages}, ${result.name});`;
  const edits =
    body.type === 'compound_statement'
      ? [{ start: body.start + 1, end: body.start + 1, text: ` ${code}` }]
      : [{ start: body.start, end: body.end, text: `{ ${code} ${text.slice(body.start, body.end)} }` }];
  return [atCall(site, [site], code, edits)];
}

/**
 * Leaks: one release of several is dropped where a branch or a label leads to it, in the function that takes the pages or one that
 * gives them back; or every release that a site has in its file.
 */
import type { CallSite } from '../../../server/analysis/sites/site.ts';
import type { CNode } from '../../../server/syntax/node.ts';
import { atCall, type Mutation, type Operator, type TextEdit } from '../operator.ts';
import type { PlainCall, Subject } from '../subject.ts';
import { around, flat, sameLines } from '../trees.ts';

const LEAKS: readonly string[] = ['pin-leaked', 'partial-pin-leaked', 'never-released'];

/** One release on an error path. */
export const dropErrorRelease: Operator = {
  name: 'drop-error-release',
  summary: 'one release of several is dropped, behind a branch or label of the acquiring function',
  rules: LEAKS,
  target: 80,
  mutations: (subject) =>
    subject.releases.flatMap((r) => {
      const here = r.sites.filter((s) => s.fn === r.call.fn);
      if (r.statement === undefined || here.length === 0 || !isConditional(r)) return [];
      if (!here.some((s) => releasesOf(subject, s).length > 1)) return [];
      return [atCall(r.call, r.sites, `without ${r.call.api}()`, [dropped(subject, r.statement)])];
    }),
};

/** All releases of a site. */
export const dropAllReleases: Operator = {
  name: 'drop-all-releases',
  summary: 'every release of a site in its file is dropped',
  rules: LEAKS,
  target: 90,
  mutations: (subject) => subject.sites.flatMap((site) => without(subject, site)),
};

function without(subject: Subject, site: CallSite): Mutation[] {
  const all = releasesOf(subject, site);
  const statements = all.flatMap((r) => r.statement ?? []);
  if (all.length === 0 || statements.length < all.length) return [];
  const others = subject.sites.filter((s) => all.some((r) => r.sites.includes(s)));
  const lines = all.map((r) => `${r.call.api}() in line ${subject.unit.lines.at(r.node.start).line}`);
  return [
    atCall(
      site,
      others,
      `without ${lines.join(', ')}`,
      statements.map((s) => dropped(subject, s)),
    ),
  ];
}

function releasesOf({ releases }: Subject, site: CallSite): readonly PlainCall[] {
  return releases.filter((r) => r.sites.includes(site));
}

/** The statement without its call; an argument that counts (`pages[i++]`) stays, or the loop around it would never end. */
function dropped({ text, unit }: Subject, { start, end }: CNode): TextEdit {
  const code = flat(unit, { start, end });
  const counting = /\+\+|--/.test(code) ? /\w\s*(\(.*\));$/.exec(code)?.[1] : undefined;
  return { start, end, text: sameLines(text.slice(start, end), counting === undefined ? ';' : `(void)${counting};`) };
}

/** Whether a branch or a label leads to the release; a loop over the pages does not make it conditional. */
function isConditional({ root, node }: PlainCall): boolean {
  const nodes = around(root, node);
  if (nodes.some((n) => n.type === 'if_statement' || n.type === 'case_statement' || n.type === 'labeled_statement'))
    return true;
  const body = nodes.find((n) => n.type === 'compound_statement' && n.field === 'body' && n.end === root.end);
  return body?.children.some((c) => c.type === 'labeled_statement' && c.start < node.start) === true;
}

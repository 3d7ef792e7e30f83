/** Releases at the wrong place, of the wrong array, or not reached: what stands round them is changed. */
import { type Variable, variablesOf } from '../../../server/syntax/types.ts';
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { shapeOf } from '../shapes.ts';
import { type PlainCall, rowOf, type Subject } from '../subject.ts';
import { flat, inBlock, nodesOf, sameLines } from '../trees.ts';

/** The function leaves before it. */
export const earlyReturn: Operator = {
  name: 'early-return',
  summary: 'the function that takes the pages returns an error before it gives them back',
  rules: ['pin-leaked', 'partial-pin-leaked', 'never-released'],
  target: 85,
  mutations: (subject) => subject.releases.flatMap((r) => leaving(subject, r)),
};

/** Another array. */
export const wrongArray: Operator = {
  name: 'wrong-array',
  summary: 'a release gets another array of the function, or the entries from the second on',
  rules: ['release-count-mismatch', 'pin-leaked', 'partial-pin-leaked', 'never-released', 'double-release'],
  target: 85,
  mutations: (subject) => subject.releases.flatMap((r) => otherArray(subject, r)),
};

/** The array is freed first. */
export const freeArrayFirst: Operator = {
  name: 'free-array-first',
  summary: 'the array of the pages is freed in front of the release',
  rules: ['use-after-release', 'pin-leaked', 'partial-pin-leaked'],
  target: 85,
  mutations: (subject) => subject.releases.flatMap((r) => freedFirst(subject, r)),
};

/** The page is used afterwards. */
export const useAfterRelease: Operator = {
  name: 'use-after-release',
  summary: 'the page is written to behind its release',
  rules: ['use-after-release'],
  target: 85,
  mutations: (subject) =>
    subject.releases.flatMap((r) => behind(subject, r, (page) => `memset(page_address(${page}), 0, 1);`)),
};

/** The page is marked afterwards. */
export const dirtyAfterRelease: Operator = {
  name: 'dirty-after-release',
  summary: 'the page is marked dirty behind its release',
  rules: ['dirty-after-release', 'use-after-release'],
  target: 85,
  mutations: (subject) =>
    subject.releases.flatMap((r) => behind(subject, r, (page) => `set_page_dirty_lock(${page});`)),
};

/** In the function of a site, behind it, in front of the whole loop over the pages. */
function leaving({ text, unit }: Subject, { call, root, sites, statement }: PlainCall): Mutation[] {
  const { fn } = call;
  const here = sites.filter((s) => s.fn === fn && s.span.start < call.span.start);
  if (statement === undefined || fn === undefined || here.length === 0) return [];
  const type = unit.code.slice(fn.span.start, fn.nameSpan.start);
  const back = /\*/.test(type) ? 'NULL' : /\bvoid\b/.test(type) ? '' : '-EINTR';
  const { start, end } = statement;
  const leave = `if (fatal_signal_pending(current)) return${back === '' ? '' : ` ${back}`};`;
  return nodesOf(root, 'return_statement').length === 0 && back !== ''
    ? []
    : [atCall(call, sites, leave, [{ start, end, text: `{ ${leave} ${text.slice(start, end)} }` }])];
}

function otherArray({ text, unit }: Subject, { call, sites }: PlainCall): Mutation[] {
  const shape = shapeOf(call);
  const arg = call.args[rowOf(call)?.params.findIndex((p) => p.role === 'pages') ?? -1];
  if (shape?.kind !== 'array' || call.fn === undefined || arg === undefined) return [];
  // Behind the one page of a variable there is no array.
  if (/^&\w+$/.test(shape.pages)) return [];
  const variables = variablesOf(unit, call.fn);
  const own = variables.find((v) => v.name === shape.pages);
  const other = variables.find((v) => own !== undefined && v !== own && v.name !== own.name && alike(v, own));
  const code = other?.name ?? `${shape.pages} + 1`;
  const { start, end } = arg;
  return [
    atCall(call, sites, `${call.api}() of ${code}`, [{ start, end, text: sameLines(text.slice(start, end), code) }]),
  ];
}

function alike(a: Variable, b: Variable): boolean {
  return a.type.base === b.type.base && a.type.derived.length === b.type.derived.length;
}

/** The free of the array, behind the release in the same block, moves in front. */
function freedFirst({ calls, text, unit }: Subject, release: PlainCall): Mutation[] {
  const place = inBlock(release.root, release.node);
  const shape = shapeOf(release.call);
  if (place === undefined || shape === undefined || place.statement.type === 'labeled_statement') return [];
  const pages =
    shape.kind === 'array' ? shape.pages : shape.kind === 'page' ? /^(.*)\[[^\]]*\]$/.exec(shape.page)?.[1] : undefined;
  const free = calls.find(({ call, root, statement }) => {
    if (root !== release.root || statement === undefined || statement.start < place.statement.end) return false;
    if (!place.block.children.includes(statement) || call.args.length !== 1) return false;
    return rowOf(call)?.effects.some((e) => e.op === 'free') === true && call.args[0]?.text === pages;
  })?.statement;
  if (free === undefined) return [];
  const at = place.statement.start;
  const edits = [
    { start: at, end: at, text: `${flat(unit, free)} ` },
    { start: free.start, end: free.end, text: sameLines(text.slice(free.start, free.end), ';') },
  ];
  return [atCall(release.call, release.sites, `${flat(unit, free)} before the release`, edits)];
}

function firstOf(pages: string): string {
  return pages.startsWith('&') ? pages.slice(1) : /^[\w.>-]+$/.test(pages) ? `${pages}[0]` : `(${pages})[0]`;
}

/** A statement on the page behind its release. */
function behind(
  { text, unit }: Subject,
  { call, sites, statement }: PlainCall,
  use: (page: string) => string,
): Mutation[] {
  const shape = shapeOf(call);
  if (statement === undefined || shape === undefined || /\+\+|--/.test(flat(unit, statement))) return [];
  const page =
    shape.kind === 'folio' ? `&${shape.folio}->page` : shape.kind === 'array' ? firstOf(shape.pages) : shape.page;
  const { start, end } = statement;
  const code = use(page);
  return [
    atCall(call, sites, `${call.api}(), then ${code}`, [{ start, end, text: `{ ${text.slice(start, end)} ${code} }` }]),
  ];
}

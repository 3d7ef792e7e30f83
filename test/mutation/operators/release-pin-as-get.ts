/** Swaps the release API: what was pinned is given back with put_page(), page by page, or with release_pages(). */
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { forEachPage, type Shape, shapeOf } from '../shapes.ts';
import { type PlainCall, referenceOf, type Subject } from '../subject.ts';
import { sameLines } from '../trees.ts';

/** See the head of the file. */
export const releasePinAsGet: Operator = {
  name: 'release-pin-as-get',
  summary: 'unpin_user_page*() becomes put_page() or release_pages()',
  rules: ['put-on-pinned'],
  target: 95,
  mutations: (subject) =>
    subject.releases.filter((r) => referenceOf(r.call) === 'pin').flatMap((r, i) => swapped(subject, r, i % 2 === 1)),
};

function swapped({ text }: Subject, release: PlainCall, whole: boolean): Mutation[] {
  const shape = shapeOf(release.call);
  if (shape === undefined) return [];
  const target = release.statement ?? (shape.kind === 'page' ? release.node : undefined);
  if (target === undefined) return [];
  const end = release.statement === undefined ? '' : ';';
  const code = shape.kind === 'page' ? `put_page(${shape.page})${end}` : many(shape, whole);
  const old = text.slice(target.start, target.end);
  return [
    atCall(release.call, release.sites, code, [{ start: target.start, end: target.end, text: sameLines(old, code) }]),
  ];
}

function many(shape: Shape, whole: boolean): string {
  const dirty = shape.kind === 'array' || shape.kind === 'run' ? shape.dirty : undefined;
  if (shape.kind === 'array' && whole && dirty === undefined) return `release_pages(${shape.pages}, ${shape.count});`;
  const marks = dirty === undefined || dirty === 'false' ? '' : dirty === 'true' ? 'yes' : dirty;
  const mark = (page: string): string =>
    marks === '' ? '' : `${marks === 'yes' ? '' : `if (${marks}) `}set_page_dirty_lock(${page}); `;
  return forEachPage(shape, (page) => `${mark(page)}put_page(${page});`);
}

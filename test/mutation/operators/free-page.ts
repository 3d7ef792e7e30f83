/** Frees pages of a user with the page allocator's own function. */
import { atCall, type Operator } from '../operator.ts';
import { forEachPage, shapeOf } from '../shapes.ts';
import { sameLines } from '../trees.ts';

/** See the head of the file. */
export const freePage: Operator = {
  name: 'free-page',
  summary: 'a release becomes __free_page()',
  rules: ['free-on-gup-page'],
  target: 85,
  mutations: ({ releases, text }) =>
    releases.flatMap((r) => {
      const shape = shapeOf(r.call);
      if (shape === undefined || r.statement === undefined) return [];
      const { start, end } = r.statement;
      const code = forEachPage(shape, (page) => `__free_page(${page});`);
      return [atCall(r.call, r.sites, code, [{ start, end, text: sameLines(text.slice(start, end), code) }])];
    }),
};

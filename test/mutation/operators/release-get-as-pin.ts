/** Swaps the release API: what was taken with a get is given back with unpin_user_page(). */
import { atCall, type Operator } from '../operator.ts';
import { forEachPage, shapeOf } from '../shapes.ts';
import { referenceOf } from '../subject.ts';
import { sameLines } from '../trees.ts';

/** See the head of the file. */
export const releaseGetAsPin: Operator = {
  name: 'release-get-as-pin',
  summary: 'put_page() and its kind become unpin_user_page*()',
  rules: ['unpin-on-gotten'],
  target: 95,
  mutations: ({ releases, text }) =>
    releases
      .filter((r) => referenceOf(r.call) === 'get' && r.sites.every((s) => s.reference === 'get'))
      .flatMap((r) => {
        const shape = shapeOf(r.call);
        if (shape === undefined || r.statement === undefined) return [];
        const { start, end } = r.statement;
        const code =
          shape.kind === 'array'
            ? `unpin_user_pages(${shape.pages}, ${shape.count});`
            : forEachPage(shape, (page) => `unpin_user_page(${page});`);
        return [atCall(r.call, r.sites, code, [{ start, end, text: sameLines(text.slice(start, end), code) }])];
      }),
};

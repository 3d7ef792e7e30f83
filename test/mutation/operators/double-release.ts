/** Gives pages back twice: the release statement stands there a second time. */
import { atCall, type Operator } from '../operator.ts';
import { flat } from '../trees.ts';

/** See the head of the file. */
export const doubleRelease: Operator = {
  name: 'double-release',
  summary: 'a release is followed by the same release',
  rules: ['double-release', 'use-after-release'],
  target: 85,
  mutations: ({ releases, text, unit }) =>
    releases.flatMap((r) => {
      // `put_page(pages[i++])` twice gives two pages back.
      if (r.statement === undefined || /\+\+|--/.test(flat(unit, r.statement))) return [];
      const { start, end } = r.statement;
      const code = `{ ${text.slice(start, end)} ${flat(unit, r.statement)} }`;
      return [atCall(r.call, r.sites, `${r.call.api}() twice`, [{ start, end, text: code }])];
    }),
};

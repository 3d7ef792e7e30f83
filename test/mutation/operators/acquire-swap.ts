/** Swaps the acquire API for the one of the other kind with the same parameters: pin_* for get_*, and get_* for pin_*. */
import type { ApiRow } from '../../../model/schema.ts';
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { rowOf, type Subject } from '../subject.ts';

/** pin_* becomes get_*. */
export const acquirePinAsGet: Operator = {
  name: 'acquire-pin-as-get',
  summary: 'pin_user_pages*() becomes the get_user_pages*() with the same parameters',
  rules: ['unpin-on-gotten', 'longterm-without-pin'],
  target: 95,
  mutations: (subject) => swaps(subject, 'pin'),
};

/** get_* becomes pin_*. */
export const acquireGetAsPin: Operator = {
  name: 'acquire-get-as-pin',
  summary: 'get_user_pages*() becomes the pin_user_pages*() with the same parameters',
  rules: ['put-on-pinned', 'null-pages-with-pin', 'foll-get-with-pin'],
  target: 95,
  mutations: (subject) => swaps(subject, 'get'),
};

function swaps(subject: Subject, from: 'pin' | 'get'): Mutation[] {
  return subject.sites.flatMap((site) => {
    if (site.reference !== from) return [];
    const row = rowOf(site);
    const name = from === 'pin' ? site.api.replace(/^pin_/, 'get_') : site.api.replace(/^get_/, 'pin_');
    const other = subject.model.rows(name).at(-1);
    if (row === undefined || name === site.api || other === undefined || !alike(row, other)) return [];
    return [atCall(site, [site], name, [{ ...site.nameSpan, text: name }])];
  });
}

function alike(a: ApiRow, b: ApiRow): boolean {
  return (
    a.params.length === b.params.length && a.ret === b.ret && a.params.every((p, i) => p.type === b.params[i]?.type)
  );
}

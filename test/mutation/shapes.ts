/**
 * What a release is given: one page, an array with a count, a run of pages, a folio. Read off the row's parameters; from the
 * shape the same pages can be given to another release.
 */
import type { ApiCall } from '../../server/analysis/sites/site.ts';
import { rowOf } from './subject.ts';
import { flat } from './trees.ts';

/** The pages of a release call, as code. */
export type Shape =
  | { readonly kind: 'page'; readonly page: string }
  | { readonly kind: 'array'; readonly pages: string; readonly count: string; readonly dirty: string | undefined }
  | { readonly kind: 'run'; readonly page: string; readonly count: string; readonly dirty: string | undefined }
  | { readonly kind: 'folio'; readonly folio: string };

/** The shape of a release call; undefined for carriers (lists, bios) and several references at once. */
export function shapeOf(call: ApiCall): Shape | undefined {
  const row = rowOf(call);
  if (row === undefined || row.params.length !== call.args.length) return undefined;
  const at = (role: string): string | undefined => {
    const arg = call.args[row.params.findIndex((p) => p.role === role)];
    return arg === undefined ? undefined : flat(call.unit, arg);
  };
  const page = at('page');
  const pages = at('pages');
  const folio = at('folio');
  const count = at('nr');
  const dirty = at('dirty');
  if (page !== undefined) return count === undefined ? { kind: 'page', page } : { kind: 'run', page, count, dirty };
  if (pages !== undefined && count !== undefined) return { kind: 'array', pages, count, dirty };
  return folio !== undefined && row.params.length === 1 ? { kind: 'folio', folio } : undefined;
}

/** One statement that does `body` to each page of the shape; `body` gets the code of one page. */
export function forEachPage(shape: Shape, body: (page: string) => string): string {
  switch (shape.kind) {
    case 'page':
      return body(shape.page);
    case 'folio':
      return body(`&${primary(shape.folio)}->page`);
    case 'array':
      if (shape.count === '1' && shape.pages.startsWith('&')) return body(shape.pages.slice(1));
      return loop(shape.count, body(`${primary(shape.pages)}[k_]`));
    case 'run':
      return loop(shape.count, body(`${shape.page} + k_`));
  }
}

function loop(count: string, body: string): string {
  return `{ int k_; for (k_ = 0; k_ < ${count}; k_++) { ${body} } }`;
}

/** Code that may stand before `[` or `->`. */
function primary(code: string): string {
  return /^[\w.]+(?:(?:->|\.)\w+|\[\w+\])*$/.test(code) ? code : `(${code})`;
}

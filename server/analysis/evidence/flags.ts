/** What the call itself says: FOLL_LONGTERM, a NULL pages argument, the kind of API. */
import type { Model } from '../../../model/index.ts';
import { readingRows } from '../flags/flags.ts';
import type { CallSite } from '../sites/site.ts';
import type { Clue } from './clue.ts';

/** Flags that the function adds by itself on the kernels aimed at. */
export function impliedFlags(site: CallSite, model: Model): readonly string[] {
  const rows = site.rows.length > 0 ? site.rows : readingRows(model, site.api, site.args);
  return [...new Set(rows.flatMap((r) => r.implies ?? []))].sort();
}

/** The clues of the call and its flags. */
export function flagClues(site: CallSite, model: Model): Clue[] {
  const clues: Clue[] = [];
  const at = { unit: site.unit, span: site.nameSpan };
  if (site.reference === 'none') {
    const text = `${site.api}() with a NULL array only faults the pages in`;
    clues.push({ kind: 'null-pages', ...at, text, cases: { 0: 6 }, lifetime: { short: 4 }, access: ['none'] });
  }
  const longterm = site.flags.terms.find((t) => t.kind === 'flag' && t.name === 'FOLL_LONGTERM');
  // What there was before the flag, 4.15 to 5.1.
  const isFor = site.api === 'get_user_pages_longterm';
  if (isFor || impliedFlags(site, model).includes('FOLL_LONGTERM')) {
    const text = `${site.api}() ${isFor ? 'is for pages that are held for a long time' : 'holds pages for a long time by itself'}`;
    clues.push({ kind: 'flag', ...at, text, cases: { 2: 4 }, lifetime: { long: 4 } });
  } else if (site.flags.may.has('FOLL_LONGTERM')) {
    const sure = site.flags.must.has('FOLL_LONGTERM');
    const place = longterm === undefined ? at : { unit: longterm.unit, span: longterm.span };
    const text = sure ? 'FOLL_LONGTERM set here' : 'FOLL_LONGTERM set here on some paths';
    clues.push({ kind: 'flag', ...place, text, cases: { 2: sure ? 4 : 1.5 }, lifetime: { long: sure ? 4 : 1 } });
  }
  clues.push(...apiClues(site));
  return clues;
}

/** What the choice of the function suggests before anything else is known. */
function apiClues(site: CallSite): Clue[] {
  const at = { kind: 'api', unit: site.unit, span: site.nameSpan };
  if (site.api.startsWith('iov_iter_')) {
    const text = `${site.api}() takes the pages of one I/O request`;
    return [{ ...at, text, cases: { 1: 1.5, 0: 0.5 }, lifetime: { short: 1.2 }, guess: ['dma'] }];
  }
  if (site.reference === 'pin') {
    const text = `${site.api}() pins: the data is meant to be accessed`;
    return [{ ...at, text, cases: { 1: 0.7, 2: 0.7, 5: 0.7, 3: -1.5, 4: -1.5 } }];
  }
  if (site.api === 'get_dump_page') {
    const text = 'get_dump_page() serves core dumps: the data is read and the page given back';
    return [{ ...at, text, cases: { 5: 2 }, lifetime: { short: 2 }, access: ['read'] }];
  }
  if (/_only$/.test(site.api) || site.api === '__get_user_pages_fast') {
    const text = `${site.api}() does not sleep: used where page tables are filled or numbers looked up`;
    return [{ ...at, text, cases: { 3: 0.7, 4: 0.7 }, lifetime: { short: 0.5 }, guess: ['none'] }];
  }
  const text = `${site.api}() takes plain references`;
  return [{ ...at, text, cases: { 3: 0.3, 4: 0.3, 5: 0.7 } }];
}

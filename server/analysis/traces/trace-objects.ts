/**
 * Where nothing is seen to give the pages of a site back: functions that get an object of the kind that holds them and give back pages
 * they find in it. Only their releases count.
 */
import { treeOf } from '../calls/call-index.ts';
import type { NameScope } from '../calls/names.ts';
import { afford } from '../effort.ts';
import { parameters } from '../locals.ts';
import type { CallSite } from '../sites/site.ts';
import { NO_OWNER } from '../structs/owners.ts';
import { traceFunction } from './trace-function.ts';
import type { Holders, TraceEvent } from './trace-reach.ts';

/** Functions that are looked at as possible releases of an object. */
const MAX_OBJECT_FUNCTIONS = 40;

/** The releases of those functions; `roots` are the tags of the structs whose objects hold the pages. */
export function releasesFromObjects(
  scope: NameScope,
  site: CallSite,
  roots: ReadonlySet<string>,
): readonly TraceEvent[] {
  const { project } = scope;
  const found: TraceEvent[] = [];
  const tags = [...roots].filter((tag) => !NO_OWNER.has(tag));
  let tried = 0;
  for (const tag of tags) {
    for (const unit of [site.unit, ...project.cluster(site.unit)]) {
      for (const fn of unit.functions) {
        const head = unit.code.slice(fn.span.start, fn.bodySpan.start);
        if (fn === site.fn || !head.includes(`struct ${tag} `)) continue;
        if (!GIVES_BACK.test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end))) continue;
        if (++tried > MAX_OBJECT_FUNCTIONS || !afford(site.unit, fn.span)) return found;
        const all = parameters(unit, treeOf(unit, fn));
        const objects = all.filter((p) => p.type.endsWith(`struct ${tag}`) && p.pointers === 1);
        // What it gets beside the object is taken for what the object keeps.
        const names = objects.length === 0 ? [] : [...objects, ...all.filter(isCarrier)];
        const own: Holders = {
          roots: new Set(),
          names: new Map(names.map((p) => [p.name, 'carrier'])),
          fields: new Map(),
        };
        const trace = traceFunction({ ...scope, unit }, fn, own, { sources: new Map(), foreign: false });
        for (const e of trace.events) if (e.kind === 'release') found.push({ ...e, guessed: true });
      }
    }
  }
  return found;
}

/** Whether a parameter is one of the kernel's carriers of pages: an array, a table, a list. */
function isCarrier({ type, pointers }: { readonly type: string; readonly pointers: number }): boolean {
  return /^(?:const )?struct (?:sg_table|scatterlist|bio_vec)$/.test(type)
    ? pointers === 1
    : /^struct (?:page|folio)$/.test(type) && pointers === 2;
}

const GIVES_BACK = /\b(?:put_page|folio_put\w*|release_pages|unpin_\w+|put_user_pages?\w*)\s*\(/;

/**
 * The calls and sites of one unit: every call of a function the model knows, and those that take pages with their folded flags.
 * A call of a wrapper of the project is a site of its caller; the wrapper's own call stays a site too.
 */
import type { Model } from '../../../model/index.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { asApiCall, type FoundCall, findKnownCalls } from '../calls/calls.ts';
import type { NameScope } from '../calls/names.ts';
import { throughArguments, type Wrapper, wrapperNamed } from '../calls/wrappers.ts';
import { isNullText } from '../flags/constants.ts';
import { argumentOf, foldFlags, readingRows } from '../flags/flags.ts';
import { aloneView, type ProjectView } from '../project-view.ts';
import type { ApiCall, CallSite } from './site.ts';

/** What stands in a unit. */
export interface UnitCalls {
  /**
   * Every call of a function the model knows, in text order, sites of direct calls included. Calls of the families memory, lock, dma,
   * access and carrier are listed where they stand in a function that also calls one of the others.
   */
  readonly calls: readonly ApiCall[];
  /** The calls that take pages, in text order; also those through wrappers of the project, with `via`. */
  readonly sites: readonly CallSite[];
}

/** Finds the calls and sites of a unit. `model` is the model narrowed to the unit's range. */
export function findCalls(unit: CUnit, model: Model, project: ProjectView = aloneView): UnitCalls {
  const scope: NameScope = { unit, model, project };
  const calls: ApiCall[] = [];
  const sites: CallSite[] = [];
  for (const found of findKnownCalls(scope, (name) => wrapperNamed(scope, name) !== undefined)) {
    if (found.meaning.kind === 'api') {
      const site = model.isSite(found.meaning.api);
      const call = asApiCall(found, found.meaning.api, model);
      const entry = site ? directSite(call, model, project) : call;
      calls.push(entry);
      if (site) sites.push(entry as CallSite);
      continue;
    }
    const wrapper = wrapperNamed(scope, found.spelled);
    if (wrapper !== undefined) sites.push(throughSite(found, wrapper, model, project));
  }
  return { calls, sites };
}

function directSite(call: ApiCall, model: Model, project: ProjectView): CallSite {
  return { ...call, flags: foldFlags(call, model, project), reference: referenceOf(call, model), via: undefined };
}

function throughSite(found: FoundCall, wrapper: Wrapper, model: Model, project: ProjectView): CallSite {
  const args = throughArguments(wrapper, found);
  const call = asApiCall({ ...found, args }, wrapper.api, model);
  const flags = foldFlags(call, model, project, { links: links(wrapper), args: found.args });
  // A macro that has the API's own name only changes the arguments: the call is one of the API.
  const via = wrapper.name === wrapper.api && wrapper.call.macro !== undefined ? undefined : wrapper.name;
  return { ...call, flags, reference: referenceOf(call, model), via };
}

/** The calls from the wrapper that is called down to the API. */
function links(wrapper: Wrapper): FoundCall[] {
  return wrapper.next === undefined ? [wrapper.call] : [wrapper.call, ...links(wrapper.next)];
}

/** The kind of hold a call takes: none where it only faults pages in. */
function referenceOf(call: ApiCall, model: Model): CallSite['reference'] {
  const rows = call.rows.length > 0 ? call.rows : readingRows(model, call.api, call.args);
  const pages = argumentOf({ rows, args: call.args }, 'pages');
  if (pages !== undefined && isNullText(pages.text)) return 'none';
  return rows.at(-1)?.reference ?? 'get';
}

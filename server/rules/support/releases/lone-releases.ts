/**
 * Releases of a kind that nothing in the files at hand takes: a driver that only pins drops a plain reference, one that only takes references
 * unpins, one that allocates no page frees one. Which pages these are need not be known then, only that they are not those of somebody
 * else: behind frame numbers, bus addresses, lists and maps of the kernel path analysis does not follow them.
 */
import type { Reference } from '../../../../model/schema.ts';
import { treeOf } from '../../../analysis/calls/call-index.ts';
import { textCall } from '../../../analysis/calls/call-text.ts';
import { parameters } from '../../../analysis/locals.ts';
import { isHeldAs } from '../../../analysis/sites/hold-kind.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { NO_OWNER } from '../../../analysis/structs/owners.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { branchKernels } from '../facts.ts';
import { type CallTest, callsOf, filesOf, functionsThatCall, makesCall, placeKey } from '../file-calls.ts';
import { EVERY_KERNEL, includesAll } from '../kernels.ts';
import { areArms } from '../surroundings.ts';
import { OWN_PAGES, releaseKind, setBefore } from './field-releases.ts';
import { implementsApi, type NamedRelease, resourceOf } from './named-releases.ts';

/** Calls of this file that give back pages as nothing in the files at hand takes them. */
export function loneReleases(pass: RulePass, held: Reference | undefined, given: Reference): readonly NamedRelease[] {
  const { unit, flow } = pass;
  const source = SOURCES[given];
  const calls = given === 'none' ? freesOf(unit) : pass.calls.filter((c) => c.unit === unit && givesPages(c, given));
  const sites = pass.sites.filter((s) => s.unit === unit && s.reference !== 'none');
  const [site] = sites;
  if (source === undefined || site === undefined || calls.length === 0 || implementsApi(pass, unit)) return [];
  const isTaken = takesBy(pass, source);
  if (isTaken && (given !== 'get' || takesBy(pass, BORROWED))) return [];
  // What differs by kernel release-differs-by-kernel tells.
  if (!sites.every((s) => includesAll(branchKernels(unit, s.nameSpan.start), EVERY_KERNEL))) return [];
  if (!sites.every((s) => isHeldAs(s.reference, held ?? site.reference))) return [];
  const met = new Set(flow.releases.map(({ release: { step } }) => placeKey(step.unit, step.span.start)));
  for (const { kind, owner, step } of flow.events)
    if (given !== 'pin' && kind !== 'doubt' && owner?.tag !== undefined && !NO_OWNER.has(owner.tag))
      met.add(placeKey(step.unit, step.span.start));
  return calls.flatMap((call) => {
    const { fn, span, api } = call;
    if (fn === undefined || met.has(placeKey(unit, span.start)) || isOfOthers(pass, call, given)) return [];
    const isArm = (c: Release): boolean => c.fn === fn && areArms(unit, c.span.start, span.start);
    // What the file allocates itself ends in the other arm.
    const isFreed = (c: Release): boolean => isArm(c) && c.args[0]?.text.trim() === call.args[0]?.text.trim();
    if (isTaken && !freesOf(unit).some(isFreed)) return [];
    if (pass.calls.some((c) => releaseKind(c) === site.reference && isArm(c))) return [];
    // What only this file calls gives back what this file took; others, and fields, may be for the files beside it.
    const isLocal = fn.isStatic && !isFilledBeside(call);
    const others = isTaken ? BORROWED : source;
    if (!isLocal && filesOf(pass).some((file) => makesCall(file, others, pass.model))) return [];
    const step = { unit, span, text: `given back here by ${api}()` };
    return [{ step, functionName: fn.name, api, resource: resourceOf(site) }];
  });
}

/** Whether the file makes a call of a kind, itself or through a function of its headers. */
function takesBy({ unit, headers, model }: RulePass, test: CallTest): boolean {
  if (makesCall(unit, test, model)) return true;
  const isWanted = (name: string): boolean => test.isWanted(name, model, unit);
  const near = headers.filter((header) => makesCall(header, test, model));
  const takers = functionsThatCall(near, { isWanted, deep: false });
  return [...takers.values()].some(({ fn }) => callsOf([unit], fn.name).length > 0);
}

/** A release as far as this looks at it. */
type Release = Pick<ApiCall, 'unit' | 'fn' | 'span' | 'api'> & { readonly args: readonly { readonly text: string }[] };

/** Whether a call gives pages back in a way. */
function givesPages(call: ApiCall, given: Reference): boolean {
  const roles = ['page', 'pages', 'folio', 'folios'];
  return releaseKind(call) === given && call.rows.every((row) => roles.includes(row.params[0]?.role ?? ''));
}

/** The functions of the page allocator that free a page (linux/gfp.h). */
const FREES: readonly string[] = ['__free_page', '__free_pages'];

/** Their calls in a file: functions that do nothing else with pages are not among those that were read. */
function freesOf(unit: CUnit): readonly Release[] {
  return FREES.flatMap((api) =>
    callsOf([unit], api).flatMap(({ fn, offset }) => {
      const call = textCall(unit.code, offset, fn.bodySpan.end);
      const args = call?.args.map(({ start, end }) => ({ text: unit.code.slice(start, end) })) ?? [];
      return call === undefined ? [] : [{ unit, fn, span: call.span, api, args }];
    }),
  );
}

/** Names of functions out of sight that give pages with a reference of their own, or take one of pages that they are given. */
const REFERENCES =
  /(?:alloc|get|find|grab|read|lookup|follow|ref|pool|steal|isolate)\w*_(?:page|folio)|pipe_buf_\w*(?:steal|get)|(?:page|folio)s?_(?:\w*alloc|get|find|pool|cache|ref|frag|try)|(?:virt|vmalloc|kmap|kaddr)_to_(?:page|folio)|gfn_to_p|ZERO_PAGE/;

const takesReference: CallTest['isWanted'] = (name, model, unit) =>
  OWN_PAGES.isWanted(name, model, unit) || borrows(name, model, unit);

/** As `takesReference`, of pages that the file did not allocate by the page allocator's functions. */
const borrows: CallTest['isWanted'] = (name, model, unit) => {
  if (takes(['get', 'either'])(name, model, unit)) return true;
  const rows = model.allRows(name);
  if (rows.length > 0 && !REFERENCED.test(name))
    return rows.some((row) => row.effects.some((e) => e.op === 'extra-ref'));
  return REFERENCES.test(name) && !unit.functions.some((f) => f.name === name);
};

/** Functions of the model that name pages of the kernel's own memory (linux/mm.h, linux/vmalloc.h). */
const REFERENCED = /^(?:virt|vmalloc|kmap)_to_page$|^ZERO_PAGE$/;

function takes(kinds: readonly Reference[]): CallTest['isWanted'] {
  return (name, model) =>
    model
      .readable(name)
      .some((row) => row.site === true && row.reference !== undefined && kinds.includes(row.reference));
}

const BORROWED: CallTest = { name: 'takes references of others', isWanted: borrows };

/** What may take what a release of a kind gives back. */
const SOURCES: Readonly<Partial<Record<Reference, CallTest>>> = {
  get: { name: 'takes references', isWanted: takesReference },
  pin: { name: 'takes pins', isWanted: takes(['pin', 'either']) },
  none: OWN_PAGES,
};

/** Whether a release is of a field that its own file puts nothing into. */
function isFilledBeside(call: Release): boolean {
  const text = call.args[0]?.text.trim() ?? '';
  const value = /^\w+$/.test(text) ? setBefore(call, text) : text;
  const field = [...value.matchAll(/(?:->|\.)\s*(\w+)/g)].at(-1)?.[1];
  // A number of a page is kept in structs of all kinds.
  if (field === undefined || /_to_page\s*\(/.test(value)) return false;
  const element = '(?:\\s*\\[[^\\][]*\\])*';
  const filled = new RegExp(`(?:->|\\.)\\s*${field}\\b${element}\\s*=(?!=|\\s*NULL\\b|\\s*0\\s*;)`);
  return !filled.test(call.unit.code);
}

/** The kernel's own carriers of pages: everybody's are in them. */
const CARRIER = /\bstruct (?:page|folio|bio|bio_vec|scatterlist|sg_table)\b/;

/** What a file puts into the field that an argument is, where that is one page. */
function filledWith(unit: CUnit, argument: string): string {
  const field = /^[\w.>-]+(?:->|\.)(\w+)$/.exec(argument.replace(/\s+/g, ''))?.[1];
  if (field === undefined) return '';
  return [...unit.code.matchAll(new RegExp(`(?:->|\\.)\\s*${field}\\s*=(?!=)([^;]*);`, 'g'))]
    .map((m) => m[1])
    .join(' ');
}

/** Whether the pages come from outside: from a caller that is not in sight, or from a function that is not known. */
function isOfOthers(pass: RulePass, call: Release, given: Reference): boolean {
  const { unit, fn } = call;
  const argument = call.args[0]?.text.trim() ?? '';
  const text = /^\w+$/.test(argument) ? `${argument} ${setBefore(call, argument)}` : argument;
  const names = new Set(text.match(/\b[A-Za-z_]\w*\b/g) ?? []);
  const params = fn === undefined ? [] : parameters(unit, treeOf(unit, fn));
  const isGiven = params.some((p) => names.has(p.name) && CARRIER.test(p.type));
  if (isGiven && (fn?.isStatic !== true || given === 'none')) return true;
  const functions = new Set(filesOf(pass).flatMap((file) => file.functions.map((f) => f.name)));
  const called = [...`${text} ${filledWith(unit, argument)}`.matchAll(/\b([a-z_]\w*)\s*\(/g)].flatMap(
    (m) => m[1] ?? [],
  );
  return called.some((name) => pass.model.allRows(name).length === 0 && !functions.has(name));
}

/**
 * The conversion of a site from plain references to pins: the call, all that share releases with it, and every release of their pages, in
 * whatever file of the directory it stands; or the reason why that is refused.
 */
import type { FlagTerm } from '../../../analysis/site.ts';
import { argumentNodes } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import type { Location } from '../../../engine/protocol.ts';
import type { CNode } from '../../../syntax/node.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { Edit, FixProposal, JudgedSite, RulePass, UnitSpan } from '../../define.ts';
import { kernelsOf } from '../../facts.ts';
import { filesOf } from '../../file-calls.ts';
import { includesAll } from '../../kernels.ts';
import { dropFlag } from '../drop-flag.ts';
import { dropUnusedLocals } from '../unused-locals.ts';
import { pinFor, pinNameOf, rewriteAcquire } from './acquire.ts';
import { type Group, groupOf, releaseCall, releasesOf, unitOf } from './group.ts';
import { isRewritable, type ReleaseCall, type Rewritten, rewriteRelease } from './release.ts';
import { holdersOf, objection } from './strangers.ts';

/** A conversion, or why there is none. */
export type Conversion =
  | { readonly kind: 'fix'; readonly fix: FixProposal }
  | { readonly kind: 'refused'; readonly reason: string; readonly at: UnitSpan };

/** The conversion of a site; `dropped` is a flag to take out of its flags on the way. */
export function conversionOf(pass: RulePass, start: JudgedSite, dropped?: FlagTerm): Conversion {
  const here = { unit: start.site.unit, span: start.site.nameSpan };
  const refuse = (reason: string, at: UnitSpan = here): Conversion => ({ kind: 'refused', reason, at });
  const name = pinNameOf(start.site.api);
  if (name === undefined) return refuse(`${start.site.api}() has no counterpart that pins`);
  const group = groupOf(start, pass.around);
  const member = group.members.map((m) => memberProblem(pass, m, m.site === start.site)).find((p) => p !== undefined);
  if (member !== undefined) return refuse(member.reason, member.at);
  if (group.releases.length === 0) return refuse('no release of its pages was found');
  const calls: ReleaseCall[] = [];
  for (const release of group.releases) {
    const call = releaseCall(pass, release);
    if (call === undefined)
      return refuse(
        `its pages are given back by ${release.api}() in ${release.location.file}, which is not changed by this`,
      );
    if (isUnpin(pass, release.api)) continue;
    const at = { unit: call.unit, span: { start: call.node.start, end: call.node.end } };
    if (!isRewritable(call))
      return refuse(`its pages are given back by ${release.api}(), for which no counterpart is known`, at);
    calls.push(call);
  }
  const kept = keptFor(pass, group);
  if (kept !== undefined) return refuse(kept.reason, kept.at);
  const against = objectionTo(pass, group, calls) ?? otherOrigin(pass, group, calls);
  if (against !== undefined) return refuse(against.reason, against.at);
  const edits = editsOf(pass, { ...group, calls, flags: dropped === undefined });
  if ('reason' in edits) return refuse(edits.reason);
  const drop = dropped === undefined ? undefined : dropFlag(dropped.unit, dropped.span);
  const all = drop === undefined ? edits.edits : [...edits.edits, drop];
  const flags = dropped === undefined ? addedFlags(start) : [];
  const used = pinFor(pass, start.site, flags) ?? name;
  const title = `Use ${used}()${flags.length === 0 ? '' : ` with ${flags.join(' | ')}`} and unpin the pages`;
  return { kind: 'fix', fix: { title, applicability: 'unsafe', edits: all } };
}

interface Problem {
  readonly reason: string;
  readonly at: UnitSpan;
}

/** What keeps a member of the group from being converted. */
function memberProblem(pass: RulePass, { site, record }: JudgedSite, asked: boolean): Problem | undefined {
  const at = { unit: site.unit, span: site.nameSpan };
  const problem = (reason: string): Problem => ({ reason, at });
  const name = pinNameOf(site.api);
  if (site.reference === 'pin' && isUnpinned(pass, record.releases)) return undefined;
  if (name === undefined || site.reference !== 'get')
    return problem(`${site.api}() here gives its pages to the same releases`);
  if (site.macro !== undefined || site.spelled !== site.api || site.via !== undefined)
    return problem(`${site.api}() is called through ${site.via ?? site.spelled} here`);
  if (site.flags.terms.some((t) => t.name === 'FOLL_GET' && !t.atCall))
    return problem('the flags passed here hold FOLL_GET');
  if (!asked && (record.case === 3 || record.case === 4))
    return problem(`the pages of ${site.api}() here need no pin (case ${record.case}), and share a release`);
  if (releasesOf({ site, record }, pass.around).length === 0)
    return problem(`no release of the pages of ${site.api}() here was found`);
  const live = pass.liveOn(site);
  if (!includesAll(kernelsOf(pass.model.allRows(name)), live))
    return problem(`${name}() is not in all kernels aimed at`);
  return undefined;
}

/** A member whose pages are still held where its function succeeds, with nothing that gives them back later. */
function keptFor(pass: RulePass, { members, releases }: Group): Problem | undefined {
  for (const { site, record } of members) {
    const held = pass.flow.held.filter(
      (h) => h.onSuccess && h.origin.unit === site.unit && h.origin.span.start === site.span.start,
    );
    const takers = new Set([site.fn?.name, ...held.map((h) => h.functionName)]);
    const later = releases.some((r) => r.by === 'owner' || !takers.has(r.functionName));
    const last = held.at(-1);
    const at = { unit: site.unit, span: site.nameSpan };
    if (later || (last === undefined && !record.evidence.some((e) => e.kind === 'handed-out'))) continue;
    const where = last === undefined ? 'go to callers' : `are kept in ${last.owner.field}`;
    return { reason: `the pages of ${site.api}() ${where}, and nothing was found that gives them back from there`, at };
  }
  return undefined;
}

function isUnpin(pass: RulePass, api: string): boolean {
  const rows = pass.model.allRows(api);
  return (
    rows.length > 0 && rows.every((r) => r.effects.some((e) => e.op === 'release' && (e.ref ?? r.reference) === 'pin'))
  );
}

function isUnpinned(pass: RulePass, releases: Group['releases']): boolean {
  return releases.every((r) => isUnpin(pass, r.api));
}

/** Flags that the hold asks for and the call does not pass. */
function addedFlags({ site, record }: JudgedSite): readonly string[] {
  const { may, span } = site.flags;
  if (span === undefined) return [];
  const longterm = record.lifetime === 'long' && record.case === 2 && !may.has('FOLL_LONGTERM');
  return longterm || site.api === 'get_user_pages_longterm' ? ['FOLL_LONGTERM'] : [];
}

function objectionTo(pass: RulePass, { members }: Group, calls: readonly ReleaseCall[]): Problem | undefined {
  const given = calls.map((c) => ({ fn: c.fn, text: textOf(c.unit, argumentNodes(c.node)[0]) }));
  const taken = members.map(({ site, record }) => ({ fn: site.fn, text: record.pages }));
  const near = filesOf(pass).filter((u) => !u.path.endsWith('.h'));
  const files = new Set([...near, ...calls.map((c) => c.unit)]);
  const attributed = new Set(
    pass.around
      .flatMap(({ record }) => record.releases.map((r) => placeOf(pass, r.location)))
      .filter((p) => p !== undefined),
  );
  const found = objection(files, {
    holders: holdersOf([...given, ...taken]),
    releases: calls,
    attributed,
    takers: new Set(members.map((m) => m.site.fn)),
    owners: members.every((m) => m.record.owner !== undefined)
      ? new Set(members.flatMap((m) => /^struct (\w+)/.exec(m.record.owner ?? '')?.[1] ?? []))
      : undefined,
  });
  return found === undefined ? undefined : { reason: found.reason, at: { unit: found.unit, span: found.span } };
}

function placeOf(pass: RulePass, location: Location): string | undefined {
  const unit = unitOf(pass, location.file);
  return unit === undefined ? undefined : `${unit.path}:${unit.lines.offset(location)}`;
}

function textOf(unit: CUnit, node: CNode | undefined): string {
  return node === undefined ? '' : unit.code.slice(node.start, node.end);
}

/** A path on which pages of another call meet one of the releases. */
function otherOrigin(pass: RulePass, { members }: Group, calls: readonly ReleaseCall[]): Problem | undefined {
  const places = new Set(calls.map((c) => `${c.unit.path}:${c.node.start}`));
  const own = new Set(members.map(({ site }) => `${site.unit.path}:${site.span.start}`));
  for (const { origin, release } of pass.flow.releases) {
    if (!places.has(`${release.step.unit.path}:${release.step.span.start}`)) continue;
    if (own.has(`${origin.unit.path}:${origin.span.start}`)) continue;
    const at = { unit: origin.unit, span: origin.nameSpan };
    return { reason: `pages of ${origin.api}() here are given back in the same place`, at };
  }
  return undefined;
}

interface Work extends Group {
  readonly calls: readonly ReleaseCall[];
  /** Whether missing flags are added. */
  readonly flags: boolean;
}

function editsOf(
  pass: RulePass,
  { members, calls, flags }: Work,
): { readonly edits: readonly Edit[] } | { readonly reason: string } {
  const edits: Edit[] = [];
  for (const member of members) {
    if (member.site.reference === 'pin') continue;
    const added = flags ? addedFlags(member) : [];
    const name = pinFor(pass, member.site, added);
    if (name === undefined)
      return { reason: `${pinNameOf(member.site.api) ?? 'a pin'}() does not take these flags on all kernels aimed at` };
    const acquire = rewriteAcquire(member.site, name, added);
    if (acquire === undefined) return { reason: 'its arguments are not written out here' };
    edits.push(...acquire);
  }
  const done = calls.map((call) => ({ call, now: rewriteRelease(call) }));
  for (const { call, now } of done) {
    if (now === undefined) return { reason: `${call.api}() could not be rewritten` };
    const live = members.flatMap(({ site }) => [...pass.liveOn(site)]);
    if (!includesAll(kernelsOf(pass.model.allRows(now.name)), live))
      return { reason: `${now.name}() is not in all kernels aimed at` };
    edits.push(...now.edits);
  }
  const known = done.flatMap(({ call, now }) => (now === undefined ? [] : [{ call, now }]));
  return { edits: [...dedupe(edits), ...unusedLocals(known)] };
}

/** Locals that only the loops used which are gone. */
function unusedLocals(done: readonly { readonly call: ReleaseCall; readonly now: Rewritten }[]): readonly Edit[] {
  const byFunction = new Map<
    ReleaseCall['fn'],
    { readonly call: ReleaseCall; readonly names: Set<string>; readonly gone: Span[] }
  >();
  for (const { call, now } of done) {
    const entry = byFunction.get(call.fn) ?? { call, names: new Set<string>(), gone: [] };
    for (const name of now.locals) entry.names.add(name);
    entry.gone.push(...now.gone);
    byFunction.set(call.fn, entry);
  }
  return [...byFunction.values()].flatMap(({ call, names, gone }) =>
    dropUnusedLocals(call.unit, call.tree, { names, gone }),
  );
}

function dedupe(edits: readonly Edit[]): readonly Edit[] {
  const byPlace = new Map(edits.map((e) => [`${e.unit.path}:${e.span.start}:${e.span.end}:${e.newText}`, e]));
  return [...byPlace.values()];
}

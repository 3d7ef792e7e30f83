/**
 * The conversion of a site from plain references to pins: the call, all that share releases with it, and every release of their pages, in
 * whatever file of the directory it stands; or the reason why that is refused.
 */
import type { CallSite, FlagTerm } from '../../../analysis/sites/site.ts';
import { argumentNodes } from '../../../analysis/trees.ts';
import type { Location } from '../../../engine/protocol.ts';
import type { CNode } from '../../../syntax/node.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { FixProposal, JudgedSite, RulePass, UnitSpan } from '../../define.ts';
import { filesOf } from '../../support/file-calls.ts';
import { dropFlag } from '../drop-flag.ts';
import { availability, pinFor, pinNameOf } from './acquire.ts';
import { addedFlags, conversionEdits } from './edits.ts';
import { type Group, groupOf, releaseCall, releasesOf, unitOf } from './group.ts';
import { isRewritable, type ReleaseCall } from './release.ts';
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
  if (name === undefined) return refuse(withoutCounterpart(pass, start.site));
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
  const edits = conversionEdits(pass, { ...group, calls, flags: dropped === undefined });
  if ('reason' in edits) return refuse(edits.reason);
  const drop = dropped === undefined ? undefined : dropFlag(dropped.unit, dropped.span);
  const all = drop === undefined ? edits.edits : [...edits.edits, drop];
  const flags = dropped === undefined ? addedFlags(pass, start) : [];
  const used = pinFor(pass, start.site, flags) ?? name;
  const title = `Use ${used}()${flags.length === 0 ? '' : ` with ${flags.join(' | ')}`} and unpin the pages`;
  return { kind: 'fix', fix: { title, applicability: 'unsafe', edits: all } };
}

function withoutCounterpart(pass: RulePass, site: CallSite): string {
  if (!site.api.startsWith('iov_iter_get_pages')) return `${site.api}() has no counterpart that pins`;
  const extract = 'iov_iter_extract_pages';
  return availability(pass, extract, pass.liveOn(site)) === undefined
    ? `no kernel aimed at has ${extract}()`
    : `${extract}() takes no reference at all to what the kernel itself put into an iterator, so each release has to ask iov_iter_extract_will_pin() of the iterator, which is not at hand there`;
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
  const { span } = site.flags;
  if (span !== undefined && !site.args.some((a) => a.start === span.start && a.end === span.end))
    return problem(`${site.api}() is called with write and force instead of flags here`);
  if (site.flags.terms.some((t) => t.name === 'FOLL_GET' && !t.atCall))
    return problem('the flags passed here hold FOLL_GET');
  if (!asked && (record.case === 3 || record.case === 4))
    return problem(`the pages of ${site.api}() here need no pin (case ${record.case}), and share a release`);
  if (releasesOf({ site, record }, pass.around).length === 0)
    return problem(`no release of the pages of ${site.api}() here was found`);
  if (availability(pass, name, pass.liveOn(site)) === undefined)
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
    const field = held.findLast((h) => /^\w+$/.test(h.owner.field))?.owner.field ?? 'memory of callers';
    const where = last === undefined ? 'go to callers' : `are kept in ${field}`;
    return { reason: `the pages of ${site.api}() ${where}, and nothing was found that gives them back from there`, at };
  }
  return undefined;
}

/** Whether a release is one of pins (in 5.6, where pins are placeholders, it drops a plain reference). */
function isUnpin(pass: RulePass, api: string): boolean {
  return pass.model
    .allRows(api)
    .some((r) => r.effects.some((e) => e.op === 'release' && (e.ref ?? r.reference) === 'pin'));
}

function isUnpinned(pass: RulePass, releases: Group['releases']): boolean {
  return releases.every((r) => isUnpin(pass, r.api));
}

function objectionTo(pass: RulePass, { members }: Group, calls: readonly ReleaseCall[]): Problem | undefined {
  const given = calls.map((c) => ({ fn: c.fn, text: textOf(c.unit, argumentNodes(c.node)[0]) }));
  const taken = members.map(({ site, record }) => ({ fn: site.fn, text: record.pages }));
  const near = filesOf(pass).filter((u) => !u.path.endsWith('.h'));
  const files = new Set([...near, ...calls.map((c) => c.unit)]);
  const found = objection(files, {
    holders: holdersOf([...given, ...taken]),
    releases: calls,
    attributed: attributedIn(pass),
    takers: new Set(members.map((m) => m.site.fn)),
    owners: members.every((m) => m.record.owner !== undefined)
      ? new Set(members.flatMap((m) => /^struct (\w+)/.exec(m.record.owner ?? '')?.[1] ?? []))
      : undefined,
  });
  return found === undefined ? undefined : { reason: found.reason, at: { unit: found.unit, span: found.span } };
}

const attributions = new WeakMap<RulePass['around'], ReadonlySet<string>>();

/** Places of the releases that belong to some site of the files at hand. */
function attributedIn(pass: RulePass): ReadonlySet<string> {
  let places = attributions.get(pass.around);
  if (places === undefined) {
    const all = pass.around.flatMap(({ record }) => record.releases.map((r) => placeOf(pass, r.location)));
    places = new Set(all.filter((p) => p !== undefined));
    attributions.set(pass.around, places);
  }
  return places;
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

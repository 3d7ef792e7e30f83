/** The sites that share releases, directly or through others, and these releases: what a conversion changes as a whole. */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { pathTo } from '../../../analysis/trees.ts';
import { kept } from '../../../base/kept.ts';
import type { Location, ReleaseRef, SiteRecord } from '../../../engine/protocol.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { JudgedSite, RulePass } from '../../define.ts';
import { filesOf } from '../../support/file-calls.ts';
import type { ReleaseCall } from './release.ts';

/** What belongs together. */
export interface Group {
  readonly members: readonly JudgedSite[];
  readonly releases: readonly ReleaseRef[];
}

/** What is asked about the sites of some files for every one of them. */
interface Index {
  /** The names of functions that take pages of themselves. */
  readonly takers: ReadonlySet<string | undefined>;
  /** Places of releases that more than a guess connects with some site. */
  readonly taken: ReadonlySet<string>;
  /** The sites that a release is one of, by its place. */
  readonly byRelease: ReadonlyMap<string, readonly JudgedSite[]>;
}

const indexes = new WeakMap<readonly JudgedSite[], Index>();

function indexOf(all: readonly JudgedSite[]): Index {
  let index = indexes.get(all);
  if (index === undefined) {
    const takers = new Set(all.filter((m) => m.site.via === undefined).map((m) => m.site.fn?.name));
    const taken = new Set(all.flatMap(({ record }) => surely(record).map((r) => keyOf(r.location))));
    const byRelease = new Map<string, JudgedSite[]>();
    for (const site of all)
      for (const r of releasesIn(site.record, taken))
        kept(byRelease, keyOf(r.location), (): JudgedSite[] => []).push(site);
    index = { takers, taken, byRelease };
    indexes.set(all, index);
  }
  return index;
}

/** The group of a site among the sites of its files. */
export function groupOf(start: JudgedSite, all: readonly JudgedSite[]): Group {
  const { takers, byRelease } = indexOf(all);
  const own = keyOf(start.record.location);
  // A call of a wrapper changes with the wrapper's own call, where that is at hand.
  const isCandidate = ({ site, record }: JudgedSite): boolean =>
    (site.via === undefined || !takers.has(site.via)) && keyOf(record.location) !== own;
  const members = new Set([start]);
  const releases = new Map<string, ReleaseRef>();
  for (const member of members) {
    for (const r of releasesOf(member, all)) {
      const key = keyOf(r.location);
      if (releases.has(key)) continue;
      releases.set(key, r);
      for (const other of byRelease.get(key) ?? []) if (isCandidate(other)) members.add(other);
    }
  }
  return { members: [...members], releases: [...releases.values()] };
}

/** The releases of a site that more than a guess connects with it; where there are none, the guessed ones that nobody else has. */
export function releasesOf({ record }: JudgedSite, all: readonly JudgedSite[]): readonly ReleaseRef[] {
  return releasesIn(record, indexOf(all).taken);
}

function releasesIn(record: SiteRecord, taken: ReadonlySet<string>): readonly ReleaseRef[] {
  const sure = surely(record);
  return sure.length > 0 ? sure : record.releases.filter((r) => !taken.has(keyOf(r.location)));
}

function surely({ releases }: SiteRecord): readonly ReleaseRef[] {
  return releases.filter((r) => r.by !== 'guess');
}

/** Names a place. */
function keyOf({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`;
}

/** The call that a release is, in the files at hand; undefined where it is none, or stands in a macro. */
export function releaseCall(pass: RulePass, { location, api }: ReleaseRef): ReleaseCall | undefined {
  const unit = unitOf(pass, location.file);
  if (unit === undefined) return undefined;
  const start = unit.lines.offset(location);
  const end = unit.lines.offset({ line: location.endLine, column: location.endColumn });
  const fn = functionAt(unit, start);
  if (fn === undefined) return undefined;
  const tree = treeOf(unit, fn);
  const node = pathTo(tree, { start, end }).findLast((n) => n.type === 'call_expression');
  return node === undefined || node.start !== start ? undefined : { unit, fn, tree, node, api };
}

/** The file of a path. */
export function unitOf(pass: RulePass, path: string): CUnit | undefined {
  return filesOf(pass).find((u) => u.path === path) ?? pass.fileAt(path);
}

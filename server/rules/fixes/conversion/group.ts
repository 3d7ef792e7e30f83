/** The sites that share releases, directly or through others, and these releases: what a conversion changes as a whole. */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { pathTo } from '../../../analysis/trees.ts';
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

/** The group of a site among the sites of its files. */
export function groupOf(start: JudgedSite, all: readonly JudgedSite[]): Group {
  const own = new Set(all.filter((m) => m.site.via === undefined).map((m) => m.site.fn?.name));
  // A call of a wrapper changes with the wrapper's own call, where that is at hand.
  const candidates = all.filter(({ site }) => site.via === undefined || !own.has(site.via));
  const members = new Set([start]);
  const releases = new Map<string, ReleaseRef>();
  const add = (member: JudgedSite): void => {
    for (const r of releasesOf(member, all)) releases.set(keyOf(r.location), r);
  };
  add(start);
  for (let grown = true; grown; ) {
    grown = false;
    for (const other of candidates) {
      if (members.has(other) || isSame(other.record, start.record)) continue;
      if (!releasesOf(other, all).some((r) => releases.has(keyOf(r.location)))) continue;
      members.add(other);
      add(other);
      grown = true;
    }
  }
  return { members: [...members], releases: [...releases.values()] };
}

/** The releases of a site that more than a guess connects with it; where there are none, the guessed ones that nobody else has. */
export function releasesOf({ record }: JudgedSite, all: readonly JudgedSite[]): readonly ReleaseRef[] {
  const sure = record.releases.filter((r) => r.by !== 'guess');
  if (sure.length > 0) return sure;
  const taken = new Set(
    all.flatMap((o) => o.record.releases.flatMap((r) => (r.by === 'guess' ? [] : [keyOf(r.location)]))),
  );
  return record.releases.filter((r) => !taken.has(keyOf(r.location)));
}

function isSame(a: SiteRecord, b: SiteRecord): boolean {
  return keyOf(a.location) === keyOf(b.location);
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

/**
 * Path analysis shared by the files of a directory: they call each other, so their functions are followed once for all of them.
 * What is found depends on the directory's files alone, never on which of them was asked for first.
 */

import type { Model } from '../../model/index.ts';
import { LOWER_TABLES } from '../analysis/paths/flow-tables.ts';
import { analyzeProgram, type FlowResult } from '../analysis/paths/program.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { siteRecord } from '../analysis/sites/site-record.ts';
import { findCalls, type UnitCalls } from '../analysis/sites/sites.ts';
import { keptBeside } from '../base/kept.ts';
import type { CUnit } from '../syntax/unit.ts';
import { compareText } from './order.ts';
import type { Project } from './project.ts';
import type { SiteRecord } from './protocol.ts';

const calls = new WeakMap<CUnit['surroundings'], UnitCalls>();
const byProject = new WeakMap<Project, Map<string, FlowResult>>();
const records = new WeakMap<Project, Map<CallSite, Kept>>();
const byUnit = new WeakMap<CUnit['surroundings'], FlowResult>();

/** A record and the path analysis it was made from. */
interface Kept {
  readonly flow: FlowResult;
  readonly record: SiteRecord;
}

/** The calls and sites of a unit, found once. */
export function callsOf(unit: CUnit, selected: Model, project: Project): UnitCalls {
  let found = calls.get(unit.surroundings);
  if (found === undefined) {
    found = findCalls(unit, selected, project);
    calls.set(unit.surroundings, found);
  }
  return found;
}

/** Path analysis of a unit's directory for the unit's kernels. */
export function flowOf(unit: CUnit, selected: Model, project: Project): FlowResult {
  const known = byUnit.get(unit.surroundings);
  if (known !== undefined) return known;
  const members = [unit, ...project.cluster(unit)].sort((a, b) => compareText(a.path, b.path));
  const key = `${unit.range.since}:${unit.range.until}:${members.map((m) => m.path).join(':')}`;
  const results = byProject.get(project) ?? new Map<string, FlowResult>();
  byProject.set(project, results);
  let found = results.get(key);
  if (found === undefined) {
    const sites = members.flatMap((m) => callsOf(m, selected, project).sites.filter((s) => s.unit === m));
    const headers = members.flatMap((m) => project.headers(m));
    found = analyzeProgram({
      units: [...new Set([...members, ...headers])],
      model: selected,
      tables: LOWER_TABLES,
      sites,
      memo: project.memo,
    });
    results.set(key, found);
  }
  byUnit.set(unit.surroundings, found);
  return found;
}

/** The record of a site, made once for all files of a directory: each looks at the sites of the others. */
export function recordOf(site: CallSite, selected: Model, project: Project, flow: FlowResult): SiteRecord {
  const make = (): Kept => ({ flow, record: siteRecord(site, selected, project, flow) });
  const known = keptBeside(records, project, site, make);
  return known.flow === flow ? known.record : make().record;
}

/** Path analysis of a unit's directory where somebody has asked for it. */
export function flowIfKnown(unit: CUnit): FlowResult | undefined {
  return byUnit.get(unit.surroundings);
}

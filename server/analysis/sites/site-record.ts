/**
 * A site as it is reported: its case, lifetime and accesses from the evidence in its file, and where the pages are given back.
 * A first approximation by names (`../traces/traces.ts`); every piece of evidence is listed with its place, and the confidence says how
 * far the pieces agree.
 */
import type { Model } from '../../../model/index.ts';
import { formatRange } from '../../../model/version.ts';
import type { Span } from '../../base/span.ts';
import type { Evidence, Location, SiteRecord } from '../../engine/protocol.ts';
import { childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { textRange } from '../calls/calls.ts';
import type { Clue } from '../evidence/clue.ts';
import { familyClue } from '../evidence/family.ts';
import { flagClues, impliedFlags } from '../evidence/flags.ts';
import { iteratorClues } from '../evidence/iterator.ts';
import { lifetimeClues } from '../evidence/lifetime.ts';
import { numberedReleases } from '../evidence/numbered.ts';
import { pairedReleases } from '../evidence/paired.ts';
import { releasesOf, siteFlow } from '../evidence/releases.ts';
import { sinkClues } from '../evidence/sinks.ts';
import { argumentOf, rowsOf } from '../flags/flags.ts';
import type { FlowResult } from '../paths/program.ts';
import type { ProjectView } from '../project-view.ts';
import { fieldOwnerAnywhere } from '../structs/owners.ts';
import { tracePages } from '../traces/traces.ts';
import { bare, codeOf } from '../trees.ts';
import { judge } from './score.ts';
import type { CallSite } from './site.ts';

/** The record of a site. `model` is the model of the kernels aimed at. */
export function siteRecord(site: CallSite, model: Model, project: ProjectView, flow?: FlowResult): SiteRecord {
  const { unit, flags } = site;
  const trace = tracePages(site, model, project);
  const paths = siteFlow(site, flow);
  const own = releasesOf(site, trace, paths, model);
  const elsewhere = own.some((r) => r.fn !== site.fn);
  const paired = trace.handedOut === 'open' && !elsewhere ? pairedReleases(site, model, project) : [];
  const inside = familyClue(site, model);
  const releases = inside === undefined ? [...own, ...paired] : own.filter((r) => r.fn === site.fn);
  const lifetime = lifetimeClues(site, trace, releases, { model, project, held: paths.held });
  const numbered = elsewhere || inside !== undefined ? [] : numberedReleases(site, trace, model, project);
  const around = { followed: lifetime.some((c) => c.kind === 'notifier'), comesBack: paired.length > 0 };
  const clues =
    inside !== undefined
      ? [inside]
      : [...flagClues(site, model), ...iteratorClues(site, model), ...sinkClues(site, trace, around), ...lifetime];
  const verdict = judge(clues);
  const [best, ...alternatives] = verdict.cases;
  return {
    location: locationOf(unit, site.nameSpan),
    functionName: site.fn?.name ?? '',
    api: site.api,
    via: site.via,
    reference: site.reference,
    flags: {
      text: flags.text,
      must: [...flags.must].sort(),
      may: [...flags.may].filter((f) => !flags.must.has(f)).sort(),
      implied: impliedFlags(site, model),
      known: flags.known,
    },
    case: best.case,
    confidence: best.confidence,
    alternatives,
    lifetime: verdict.lifetime,
    access: verdict.access,
    evidence: clues.map(evidenceOf),
    pages: pagesText(site, model),
    owner: ownerOf(site, model, project),
    releases: [...releases, ...numbered].map((r) => ({
      location: locationOf(r.unit, r.node),
      functionName: r.fn.name,
      api: r.api,
      matches: r.matches,
      by: r.by,
    })),
    active: formatRange(textRange(site)),
  };
}

/** A clue as records keep it. */
function evidenceOf({ kind, unit, span, text, lifetime }: Clue): Evidence {
  const { short = 0, long = 0 } = lifetime ?? {};
  const says = short === long ? {} : { lifetime: short > long ? ('short' as const) : ('long' as const) };
  return { kind, location: locationOf(unit, span), text, ...says };
}

/** A span as a place: 1-based lines and columns in UTF-16 units. */
function locationOf(unit: CUnit, span: Span): Location {
  const from = unit.lines.at(span.start);
  const to = unit.lines.at(Math.max(span.start, span.end));
  return { file: unit.path, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

function pagesArgument(site: CallSite, model: Model): ReturnType<typeof argumentOf> {
  const rows = rowsOf(site, model);
  return argumentOf({ rows, args: site.args }, 'pages') ?? argumentOf({ rows, args: site.args }, 'folios');
}

/** The place that receives the pages, as written; empty for functions that return the page. */
function pagesText(site: CallSite, model: Model): string {
  return pagesArgument(site, model)?.text ?? '';
}

/** `struct tag.field` where the pages go straight into a field of a known struct. */
function ownerOf(site: CallSite, model: Model, project: ProjectView): string | undefined {
  const node = pagesArgument(site, model)?.node;
  if (node === undefined || site.fn === undefined || site.macro !== undefined) return undefined;
  let n = bare(node);
  while (n.type === 'pointer_expression' || n.type === 'subscript_expression' || n.type === 'binary_expression') {
    const inner = childByField(n, 'argument') ?? childByField(n, 'left');
    if (inner === undefined) return undefined;
    n = bare(inner);
  }
  const field = n.type === 'field_expression' ? childByField(n, 'field') : undefined;
  if (field === undefined) return undefined;
  const tag = fieldOwnerAnywhere(site.unit, site.fn, n, project);
  return tag === undefined ? undefined : `struct ${tag}.${codeOf(site.unit, field)}`;
}

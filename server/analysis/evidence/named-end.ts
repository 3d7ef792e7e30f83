/**
 * How the pages of a site end as following names tells, where path analysis lost them on the way: through a list, a frame number, a
 * scatterlist that another function walks.
 */
import type { Model } from '../../../model/index.ts';
import type { FlowResult } from '../paths/program.ts';
import type { ProjectView } from '../project-view.ts';
import type { CallSite } from '../sites/site.ts';
import { argumentIndex, type TraceEvent } from '../traces/trace-reach.ts';
import { tracePages } from '../traces/traces.ts';
import { argumentNodes, codeOf } from '../trees.ts';
import { isOnError } from './error-path.ts';
import { type FoundRelease, namedReleases, releasesOf, siteFlow } from './releases.ts';

/** What names tell. */
export interface NamedEnd {
  /** Releases of the kind that fits, those on error paths of the acquiring function apart. */
  readonly releases: readonly FoundRelease[];
  /** Whether something that reaches the pages marks them dirty, or takes them over. */
  readonly marked: boolean;
  /** Every release that names connect with the pages, of the kind that fits or not. */
  readonly met: readonly FoundRelease[];
  /** The calls that mark something dirty which names connect with the pages, by more than a guess. */
  readonly dirtied: readonly TraceEvent[];
  /** The functions that give the pages back in the way that fits, as paths or names connect them. */
  readonly fitting: ReadonlySet<string>;
}

/** The end of a site's pages by names. */
export function namedEnd(site: CallSite, model: Model, project: ProjectView, flow: FlowResult): NamedEnd {
  const trace = tracePages(site, model, project);
  const found = releasesOf(site, trace, siteFlow(site, flow), model);
  return {
    releases: trace.complete && trace.handedOut !== 'open' ? found.filter((r) => r.matches && !isOnError(site, r)) : [],
    marked: trace.events.some((e) => e.kind === 'transfer' || (e.kind === 'dirty' && marks(e) && !isOnError(site, e))),
    met: namedReleases(site, trace),
    dirtied: trace.events.filter((e) => e.kind === 'dirty' && e.guessed !== true),
    fitting: new Set(found.flatMap((r) => (r.matches ? [r.fn.name] : []))),
  };
}

/** Whether a call that can mark pages dirty does: the argument that decides is not written as false. */
function marks({ unit, node, rows }: TraceEvent): boolean {
  return rows.some((row) =>
    row.effects.some((e) => {
      if (e.op !== 'dirty') return false;
      const decides = e.dirtyArg === undefined ? undefined : argumentNodes(node)[argumentIndex(e.dirtyArg) ?? -1];
      return decides === undefined || !/^(?:false|0)$/.test(codeOf(unit, decides));
    }),
  );
}

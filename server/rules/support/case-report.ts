/**
 * What the rules about the documented cases share: the direct sites of the file with what was judged of them, the kernels on which pins
 * exist, and the report. Calls through the project's wrappers are judged where the wrapper calls the API.
 */
import { version } from '../../../model/version.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import type { Confidence, Severity, SiteRecord } from '../../engine/protocol.ts';
import type { FixProposal, JudgedSite, RulePass } from '../define.ts';
import type { Conversion } from '../fixes/conversion/plan.ts';
import { offered } from '../fixes/convert-to-pin.ts';
import { evidenceSteps } from './evidence-steps.ts';
import { kernelsOf } from './facts.ts';
import { versionSeverity } from './flags/flag-use.ts';
import { bothOf, isEmpty, type Kernels } from './kernels.ts';
import { areArms } from './surroundings.ts';

/** The calls of the API itself in this file, with their records; those in the API's own implementation apart. */
export function judgedSites(pass: RulePass): readonly JudgedSite[] {
  return pass.sites.flatMap((site) => {
    const record = pass.recordOf(site);
    const judged = record !== undefined && site.via === undefined && site.unit === pass.unit;
    return judged && !isImplementation(pass, site) && !isChosen(pass, site) ? [{ site, record }] : [];
  });
}

/** Whether a plain reference is what an `if` takes, or an `#if`, whose other arm pins: who asks there knows when which is right. */
function isChosen({ sites }: RulePass, site: CallSite): boolean {
  if (site.reference !== 'get') return false;
  if (isFallback(site)) return true;
  return sites.some(
    (other) =>
      other.reference === 'pin' &&
      other.fn === site.fn &&
      other.unit === site.unit &&
      areArms(site.unit, site.span.start, other.span.start),
  );
}

/** Whether the call stands in a branch of an #if on which nothing is known, and another branch of that pins. */
function isFallback({ unit, nameSpan }: CallSite): boolean {
  const at = nameSpan.start;
  return unit.openBranches.some(
    ({ body, others }) =>
      body.start <= at &&
      at < body.end &&
      others.some(({ start, end }) => /\bpin_user_pages\w*\s*\(/.test(unit.text.slice(start, end))),
  );
}

/** Whether the file that calls a function of the API defines it for everybody: there, one is made of the other. */
function isImplementation({ unit }: RulePass, { api }: CallSite): boolean {
  return unit.functions.some((f) => f.name === api && !f.isStatic);
}

/** Those, and the calls of wrappers that leave the case to their callers: each caller has one of its own. */
export function judgedCalls(pass: RulePass): readonly JudgedSite[] {
  const through = pass.sites.flatMap((site) => {
    const record = pass.recordOf(site);
    const own = record !== undefined && site.via !== undefined && site.unit === pass.unit;
    // The functions of the model are made of one another, by flags that nobody else may pass.
    if (pass.model.isSite(site.fn?.name ?? '') || site.flags.may.has('FOLL_PIN')) return [];
    // What a wrapper asks for in any case is its own decision.
    if (site.flags.must.has('FOLL_LONGTERM')) return [];
    return own && leavesToCallers(pass, site.via) ? [{ site, record }] : [];
  });
  return [...judgedSites(pass), ...through];
}

/**
 * The calls of wrappers of which something is true that is true of no call of the API in the wrapper itself: what one of several callers does
 * shows at its own call.
 */
export function callsOfWrappers(pass: RulePass, is: (judged: JudgedSite) => boolean): readonly JudgedSite[] {
  return pass.sites.flatMap((site) => {
    const record = pass.recordOf(site);
    if (record === undefined || site.via === undefined || site.unit !== pass.unit || !is({ site, record })) return [];
    if (pass.model.isSite(site.fn?.name ?? '')) return [];
    const inner = pass.around.filter((j) => (j.site.macro?.name ?? j.site.fn?.name) === site.via);
    return inner.some(is) ? [] : [{ site, record }];
  });
}

/** Whether the call in a wrapper's body is not judged itself: its case depends on its callers. */
function leavesToCallers(pass: RulePass, name: string): boolean {
  const isInner = (s: CallSite): boolean => s.via === undefined && (s.macro?.name ?? s.fn?.name) === name;
  const own = pass.sites.filter((s) => isInner(s) && s.unit === pass.unit);
  if (own.length > 0) return own.every((s) => pass.recordOf(s)?.case === 0);
  const beside = pass.around.filter(({ site }) => isInner(site));
  return beside.every(({ record }) => record.case === 0);
}

/** The releases on which pinning is counted (5.7 and later) and the call is live; none where its form is of older ones. */
export function pinnable(pass: RulePass, site: CallSite): Kernels {
  const rows = pass.model.allRows('pin_user_pages').filter((row) => row.reference === 'pin');
  const counted = bothOf(kernelsOf(rows), [COUNTED]);
  const forms = pass.model.allRows(site.api).filter((row) => row.params.length === site.args.length);
  const isOlder = site.via === undefined && forms.length > 0 && isEmpty(bothOf(kernelsOf(forms), counted));
  return isOlder ? [] : bothOf(pass.liveOn(site), counted);
}

/** 5.6 has the names; pins are plain references there. */
const COUNTED = { since: version('5.7'), until: Number.POSITIVE_INFINITY };

/** What a rule says of a site. */
export interface CaseFinding {
  readonly message: string;
  readonly on: Kernels;
  readonly severity: Severity;
  readonly fixes?: readonly FixProposal[];
  /** The conversion to pins, or why none is offered. */
  readonly conversion?: Conversion;
  /** Kinds of evidence to show, the decisive ones first. */
  readonly shows: readonly string[];
  /** Whether to show what says how long the pages are held. */
  readonly hold?: boolean;
  /** What the message says of the use of the pages is a guess. */
  readonly unsure?: boolean;
}

/** Reports a site; nothing where `on` is empty. How sure the case is, the finding is. */
export function reportCase(pass: RulePass, { site, record }: JudgedSite, finding: CaseFinding): void {
  const { on, message, shows, hold = false } = finding;
  const conversion = finding.conversion === undefined ? undefined : offered(finding.conversion);
  if (isEmpty(on)) return;
  pass.report({
    message,
    kernels: on,
    at: { unit: site.unit, span: site.nameSpan },
    functionName: site.fn?.name ?? '',
    site,
    severity: versionSeverity(pass, finding.severity, on, pass.liveOn(site)),
    confidence: finding.unsure === true ? 'low' : confidenceOf(record),
    related: [...evidenceSteps(pass, record, { kinds: shows, hold }), ...(conversion?.steps ?? [])],
    fixes: [...(finding.fixes ?? []), ...(conversion?.fixes ?? [])],
  });
}

function confidenceOf({ confidence }: SiteRecord): Confidence {
  return confidence >= 0.8 ? 'high' : confidence >= 0.4 ? 'medium' : 'low';
}

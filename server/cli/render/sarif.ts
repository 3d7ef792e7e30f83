/**
 * `check --format sarif`: SARIF 2.1.0 with the rules that reported, their documentation, the steps of each path, the fixes,
 * and what was suppressed. Paths are relative to the working directory (%SRCROOT%); no times, so equal runs give equal bytes.
 */
import type { FileEdit, Finding, Fix, InputProblem, Location, RelatedStep, Severity } from '../../engine/protocol.ts';
import { ruleTable } from '../../engine/rule-table.ts';
import { explainTopic } from '../../ide/explain.ts';
import { TOOL } from '../version.ts';
import type { AcceptedFinding, CheckReport, FindingsRenderer } from './renderer.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** The documentation that every rule rests on; validators ask for a page about the tool. */
const INFORMATION = 'https://docs.kernel.org/core-api/pin_user_pages.html';

const ROOT = '%SRCROOT%';

const LEVEL: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** What GitHub sorts alerts by. */
const PRECISION = { high: 'very-high', medium: 'high', low: 'medium' } as const;

/** Steps of a path beyond which a result keeps only the first ones: GitHub refuses files with more. */
const MAX_STEPS = 999;

const message = (text: string): object => ({ text });

/** Whether a path lies below the working directory. */
function isBelow(path: string): boolean {
  return !path.startsWith('../') && !path.startsWith('/') && !/^[A-Za-z]:/.test(path);
}

function artifact(path: string): object {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  if (isBelow(path)) return { uri: encoded, uriBaseId: ROOT };
  if (path.startsWith('/')) return { uri: `file://${encoded}` };
  return { uri: path.startsWith('../') ? encoded : `file:///${encoded.replace('%3A', ':')}` };
}

function region({ line, column, endLine, endColumn }: Location): object {
  return { startLine: line, startColumn: column, endLine, endColumn };
}

function physical(l: Location): object {
  return { physicalLocation: { artifactLocation: artifact(l.file), region: region(l) } };
}

function related(step: RelatedStep, id: number): object {
  return { id, ...physical(step.location), message: message(step.message) };
}

const samePlace = (a: Location, b: Location): boolean =>
  a.file === b.file && a.line === b.line && a.column === b.column;

/** The path in the order of execution: the finding stands first where it is the acquire call itself, else last. */
function flow(f: Finding): object[] {
  if (f.related.length === 0) return [];
  const own: RelatedStep = { location: f.location, message: f.message };
  const steps = f.related.filter((s) => !samePlace(s.location, f.location)).slice(0, MAX_STEPS);
  const first = f.site !== undefined && samePlace(f.site.location, f.location);
  const path = first ? [own, ...steps] : [...steps, own];
  const locations = path.map((s) => ({ location: { ...physical(s.location), message: message(s.message) } }));
  return [{ threadFlows: [{ locations }] }];
}

function fixShape(fix: Fix): object {
  const files = new Map<string, FileEdit[]>();
  for (const edit of fix.edits) {
    const own = files.get(edit.location.file);
    if (own === undefined) files.set(edit.location.file, [edit]);
    else own.push(edit);
  }
  const artifactChanges = [...files].map(([file, edits]) => ({
    artifactLocation: artifact(file),
    replacements: edits.map((e) => ({
      deletedRegion: region(e.location),
      insertedContent: { text: e.newText },
    })),
  }));
  return { description: message(fix.title), artifactChanges, properties: { applicability: fix.applicability } };
}

function suppression({ by, reason }: AcceptedFinding): object {
  const kind = by === 'comment' ? 'inSource' : 'external';
  const justification = by === 'baseline' ? 'accepted in the baseline' : reason;
  return { kind, status: 'accepted', justification };
}

const BASELINE_STATE = { introduced: 'new', 'pre-existing': 'unchanged' } as const;

function result(f: Finding, suppressions: readonly object[], ruleIndex: number): object {
  const steps = f.related.slice(0, MAX_STEPS);
  return {
    ruleId: f.rule,
    ruleIndex,
    level: LEVEL[f.severity],
    message: message(f.message),
    locations: [
      {
        ...physical(f.location),
        ...(f.functionName === '' ? {} : { logicalLocations: [{ name: f.functionName, kind: 'function' }] }),
      },
    ],
    ...(steps.length === 0 ? {} : { relatedLocations: steps.map(related), codeFlows: flow(f) }),
    partialFingerprints: { 'guplintFinding/v1': f.fingerprint, primaryLocationLineHash: `${f.fingerprint}:1` },
    ...(f.fixes.length === 0 ? {} : { fixes: f.fixes.filter((x) => x.edits.length > 0).map(fixShape) }),
    suppressions,
    ...(f.change === undefined ? {} : { baselineState: BASELINE_STATE[f.change] }),
    properties: { confidence: f.confidence, ...(f.site === undefined ? {} : { api: f.site.api }) },
  };
}

/** Markdown as plain text: marks taken off, everything else as it stands. */
function plainText(markdown: string): string {
  return markdown
    .replace(/^```\w*\n?/gm, '')
    .replace(/^#+ /gm, '')
    .replace(/`([^`\n]*)`/g, '$1')
    .trim();
}

/** The part of a rule's documentation that says what it does. */
function section(markdown: string, title: string): string | undefined {
  const m = new RegExp(`^## ${title}\\n([\\s\\S]*?)(?=\\n## |$(?![\\s\\S]))`, 'm').exec(markdown);
  return m?.[1] === undefined ? undefined : plainText(m[1]).replace(/\s*\n\s*/g, ' ');
}

/** `magic-gup-flags` as `MagicGupFlags`: SARIF wants names that read as identifiers. */
function identifier(rule: string): string {
  return rule.replace(/(?:^|-)([a-z])/g, (_, c: string) => c.toUpperCase());
}

function descriptor(rule: string, findings: readonly Finding[]): object {
  const info = ruleTable().find((r) => r.name === rule);
  const markdown = explainTopic(rule) ?? `# ${rule}\n`;
  const summary = info === undefined ? rule : `${info.summary}.`;
  const best = findings.some((f) => f.confidence === 'high') ? 'high' : (findings[0]?.confidence ?? 'high');
  return {
    id: rule,
    name: identifier(rule),
    shortDescription: message(summary),
    fullDescription: message(section(markdown, 'What it does') ?? summary),
    help: { text: plainText(markdown), markdown },
    defaultConfiguration: { level: LEVEL[info?.severity ?? 'warning'] },
    properties: {
      tags: ['kernel', 'gup', info?.group ?? 'own'],
      precision: PRECISION[best],
      'problem.severity': info?.severity === 'info' ? 'recommendation' : (info?.severity ?? 'warning'),
    },
  };
}

function notification({ path, message: text }: InputProblem): object {
  return {
    level: 'error',
    message: message(`${path}: ${text}`),
    locations: [{ physicalLocation: { artifactLocation: artifact(path) } }],
  };
}

function invocation(problems: readonly InputProblem[]): object {
  const notifications = problems.map(notification);
  return {
    executionSuccessful: problems.length === 0,
    ...(notifications.length === 0 ? {} : { toolExecutionNotifications: notifications }),
  };
}

function runOf({ kernel, findings, accepted, problems }: CheckReport): object {
  const all = [
    ...findings.map((finding) => ({ finding, suppressions: [] as object[] })),
    ...accepted.map((a) => ({ finding: a.finding, suppressions: [suppression(a)] })),
  ];
  const byRule = new Map<string, Finding[]>();
  for (const { finding } of all) {
    const own = byRule.get(finding.rule);
    if (own === undefined) byRule.set(finding.rule, [finding]);
    else own.push(finding);
  }
  const rules = [...byRule.keys()].sort();
  const indexOf = new Map(rules.map((rule, i) => [rule, i]));
  return {
    tool: {
      driver: {
        name: TOOL.name,
        version: TOOL.version,
        semanticVersion: TOOL.version,
        informationUri: INFORMATION,
        rules: rules.map((rule) => descriptor(rule, byRule.get(rule) ?? [])),
      },
    },
    invocations: [invocation(problems)],
    originalUriBaseIds: { [ROOT]: { description: message('The directory that guplint was run in.') } },
    columnKind: 'utf16CodeUnits',
    results: all.map((r) => result(r.finding, r.suppressions, indexOf.get(r.finding.rule) ?? -1)),
    properties: { kernel: kernel.range, kernelSource: kernel.source },
  };
}

/** `check --format sarif`. */
export const findingsSarif: FindingsRenderer = (report) =>
  `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [runOf(report)] }, null, 2)}\n`;

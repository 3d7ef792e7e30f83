/** One JSON object a line: each finding or site with its `type`, then one summary. The objects are those of the JSON format. */

import { countByCase, findingShape, siteShape } from '../../engine/json-shapes.ts';
import { TOOL } from '../version.ts';
import { SCHEMA_VERSION } from './json.ts';
import type { FindingsRenderer, SitesRenderer } from './renderer.ts';

const lines = (values: readonly object[]): string => values.map((v) => `${JSON.stringify(v)}\n`).join('');

/** `check --format jsonl`. */
export const findingsJsonl: FindingsRenderer = ({ kernel, findings, summary }) =>
  lines([
    ...findings.map((f) => ({ type: 'finding', ...findingShape(f) })),
    { type: 'summary', schemaVersion: SCHEMA_VERSION, tool: TOOL, kernel, summary },
  ]);

/** `sites --format jsonl`. */
export const sitesJsonl: SitesRenderer = ({ kernel, sites }) =>
  lines([
    ...sites.map((s) => ({ type: 'site', ...siteShape(s) })),
    { type: 'summary', schemaVersion: SCHEMA_VERSION, tool: TOOL, kernel, summary: { byCase: countByCase(sites) } },
  ]);

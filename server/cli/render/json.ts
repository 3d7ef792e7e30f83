/** One JSON document, version 1; schemas in docs/check.schema.json and docs/sites.schema.json. */

import { countByCase, findingShape, siteShape } from '../../engine/json-shapes.ts';
import { TOOL } from '../version.ts';
import type { FindingsRenderer, SitesRenderer } from './renderer.ts';

/** Version of the shape; grows when a key changes its meaning. */
export const SCHEMA_VERSION = 1;

const print = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** `check --format json`. */
export const findingsJson: FindingsRenderer = ({ kernel, findings, summary }) =>
  print({ schemaVersion: SCHEMA_VERSION, tool: TOOL, kernel, findings: findings.map(findingShape), summary });

/** `sites --format json`. */
export const sitesJson: SitesRenderer = ({ kernel, sites }) =>
  print({
    schemaVersion: SCHEMA_VERSION,
    tool: TOOL,
    kernel,
    sites: sites.map(siteShape),
    summary: { byCase: countByCase(sites) },
  });

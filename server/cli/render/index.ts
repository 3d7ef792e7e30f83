/** The renderers by format name; see formats.ts. */
import { UserError } from '../../base/user-error.ts';
import { findingsGithub } from './github.ts';
import { findingsGitlab } from './gitlab.ts';
import { findingsJson, sitesJson } from './json.ts';
import { findingsJsonl, sitesJsonl } from './jsonl.ts';
import { findingsPatch } from './patch.ts';
import type { FindingsRenderer, SitesRenderer } from './renderer.ts';
import { findingsSarif } from './sarif.ts';
import { findingsText } from './text.ts';
import { sitesText } from './text-sites.ts';

const FINDINGS: Readonly<Record<string, FindingsRenderer>> = {
  text: findingsText,
  json: findingsJson,
  jsonl: findingsJsonl,
  sarif: findingsSarif,
  github: findingsGithub,
  gitlab: findingsGitlab,
  patch: findingsPatch,
};

const SITES: Readonly<Record<string, SitesRenderer>> = {
  text: sitesText,
  json: sitesJson,
  jsonl: sitesJsonl,
};

/** The renderer of `check` for a format that formats.ts names. */
export function findingsRenderer(format: string): FindingsRenderer {
  return FINDINGS[format] ?? missing(format);
}

/** The renderer of `sites` for a format that formats.ts names. */
export function sitesRenderer(format: string): SitesRenderer {
  return SITES[format] ?? missing(format);
}

function missing(format: string): never {
  throw new UserError(`there is no format '${format}'`);
}

/** Where the rules' pages lie: in `docs/rules` of the package, beside the directory of the bundle. */
import fs from 'node:fs';
import nodePath from 'node:path';
import { pathToFileURL } from 'node:url';

let directory: string | undefined | 'unknown' = 'unknown';

function find(): string | undefined {
  const near = [nodePath.join(__dirname, '..', 'docs', 'rules'), nodePath.join(__dirname, '..', '..', 'docs', 'rules')];
  return near.find((d) => fs.existsSync(d));
}

/** The `file:` URI of a rule's page; undefined for what is no rule, and where the pages are not installed. */
export function rulePage(rule: string): string | undefined {
  if (!/^[a-z][a-z0-9-]*$/.test(rule)) return undefined;
  if (directory === 'unknown') directory = find();
  if (directory === undefined) return undefined;
  const page = nodePath.join(directory, `${rule}.md`);
  return fs.existsSync(page) ? pathToFileURL(page).href : undefined;
}

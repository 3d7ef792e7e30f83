/** The report's page without its data: page.html with its script, which the build leaves beside the bundle. */
import fs from 'node:fs';
import nodePath from 'node:path';
import { UserError } from '../base/user-error.ts';

/** The page; `%DATA%` stands where its data goes. Throws UserError when the build has not made it. */
export function reportPage(): string {
  const directories = [__dirname, nodePath.join(__dirname, '..', '..', 'dist')];
  const found = directories.find((d) => fs.existsSync(nodePath.join(d, 'report.html')));
  if (found === undefined) throw new UserError('report.html is missing beside the program; install guplint again');
  return fs.readFileSync(nodePath.join(found, 'report.html'), 'utf8');
}

/** The part of the program behind its entry; built as a file of its own, see scripts/build.mjs. */
import { loadPart } from '../host/compiled.ts';

/** All that stands behind the entry. */
export function commands(): Promise<typeof import('./commands.ts')> {
  return loadPart('commands.js', () => import('./commands.ts'));
}

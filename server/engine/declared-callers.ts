/** The files that call a function which the project's model file declares: as worth an analysis as those that name the kernel's own. */
import type { ConfigFile } from './config-file.ts';
import { type ExecutorChoice, type Scanned, sourcesByDirectory } from './inputs.ts';
import { compareText } from './order.ts';
import { directoryOf, isWithin } from './paths.ts';
import { declaredNames } from './private-model.ts';
import { scanFor } from './rounds.ts';

/** Adds the files below the configurations that name something declared there. */
export async function withDeclared(
  scanned: Scanned,
  configs: readonly ConfigFile[],
  executors: ExecutorChoice,
): Promise<Scanned> {
  const declaring = configs.filter((file) => file.rows.length > 0);
  if (declaring.length === 0) return scanned;
  const known = new Set(scanned.items.map(({ item }) => item.file));
  const problems = [...scanned.problems];
  const items = [...scanned.items];
  for (const file of declaring) {
    const directory = directoryOf(file.path);
    const below = [...scanned.files].filter((f) => isWithin(directory, f));
    const words = [...declaredNames(file)].sort(compareText);
    const found = await scanFor({ words, files: below }, known, executors.current(), problems);
    for (const { item } of found) known.add(item.file);
    items.push(...found);
  }
  return { ...scanned, items, problems, hits: sourcesByDirectory(items.map(({ item }) => item.file)) };
}

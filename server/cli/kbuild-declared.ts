/**
 * Whether a source that names nothing of the model calls a function that the project's own model file declares. Most projects have none:
 * only where the configuration speaks of one are the two files read as a run reads them.
 */
import { CONFIG_NAME } from '../engine/config-name.ts';
import type { FileSystem } from '../engine/host.ts';
import { directoryOf, join, relativeTo, upwards } from '../engine/paths.ts';
import { decode } from '../syntax/decode.ts';
import type { KbuildArguments } from './kbuild-arguments.ts';

/** The configuration file that holds for the source, where it names a model file, by its text alone. */
export function configWithModel(args: KbuildArguments, fs: FileSystem): string | undefined {
  const path = configPath(args, fs);
  const read = path === undefined ? undefined : fs.read(path);
  return read?.kind === 'bytes' && decode(read.bytes).text.includes('"model"') ? path : undefined;
}

/** The file of --config, or the nearest configuration upward. */
function configPath({ own, source }: KbuildArguments, fs: FileSystem): string | undefined {
  const named = own.findLast((option) => option.startsWith('--config='));
  if (named !== undefined) return named.slice('--config='.length);
  for (const directory of upwards(fs.cwd, directoryOf(relativeTo(fs.cwd, source)))) {
    const path = join(directory, CONFIG_NAME);
    if (fs.kind(path) !== 'missing') return path;
  }
  return undefined;
}

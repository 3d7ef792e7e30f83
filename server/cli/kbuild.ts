/**
 * `guplint --kbuild`: the checker of a kernel build (make C=1 or C=2, CHECK=). Called for every object, so a file that names
 * nothing of the model ends here, before the argument parser, the analysis or the C parser are loaded.
 */
import { isUserError } from '../base/user-error.ts';
import { modelPrefilter } from '../engine/prefilter.ts';
import { createFileSystem } from '../host/files.ts';
import { type KbuildArguments, parseKbuildArguments } from './kbuild-arguments.ts';
import type { ExitCode } from './main.ts';
import { commands } from './parts.ts';
import type { Terminal } from './terminal.ts';

/**
 * Checks the source file that the build names. 0 whatever is found and whatever goes wrong with the file, since make deletes
 * the object otherwise; with --kbuild-fail 1 for findings and 2 for what cannot be checked. Throws UserError without a source.
 */
export async function kbuild(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const parsed = parseKbuildArguments(args);
  const read = createFileSystem().read(parsed.source);
  if (read.kind === 'problem') {
    terminal.err(`guplint: ${parsed.source}: ${read.problem.message}\n`);
    return parsed.fail ? 2 : 0;
  }
  const bytes = Buffer.from(read.bytes.buffer, read.bytes.byteOffset, read.bytes.byteLength);
  const text = bytes.toString('latin1');
  try {
    if (!(await isOfInterest(parsed, text))) return 0;
    const { checkSource } = await commands();
    return await checkSource(parsed, terminal);
  } catch (error) {
    if (parsed.fail) throw error;
    const own = isUserError(error) ? '' : 'internal error: ';
    terminal.err(`guplint: ${own}${error instanceof Error ? error.message : String(error)}\n`);
    return 0;
  }
}

/** Whether the source names something of the model, or calls a function of its directory that does or one that the project declares. */
async function isOfInterest(args: KbuildArguments, text: string): Promise<boolean> {
  const prefilter = modelPrefilter();
  if (prefilter.test(text)) return true;
  const fs = createFileSystem();
  const { callsNeighbour, neighboursOf } = await import('./kbuild-neighbours.ts');
  const neighbours = neighboursOf(args.source, fs, prefilter);
  if (neighbours.length > 0 && callsNeighbour(text, neighbours, prefilter)) return true;
  const { configWithModel } = await import('./kbuild-declared.ts');
  const config = configWithModel(args, fs);
  return config !== undefined && (await commands()).callsDeclared(config, text);
}

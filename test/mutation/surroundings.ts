/**
 * What `check` says of a directory with one text replaced: it follows callers into files that name nothing of the model, and reports what
 * goes wrong there. Slower than looking at the file alone, so only mutants that are not found there are looked at so.
 */
import { parseRange } from '../../model/version.ts';
import { DEFAULT_SETTINGS } from '../../server/engine/config.ts';
import { overlayFiles } from '../../server/engine/diff/overlay.ts';
import type { FileSystem } from '../../server/engine/host.ts';
import { directoryOf } from '../../server/engine/paths.ts';
import type { Finding } from '../../server/engine/protocol.ts';
import { run } from '../../server/engine/run.ts';
import { clock } from '../../server/host/clock.ts';
import { createFileSystem } from '../../server/host/files.ts';
import { LocalExecutor } from '../../server/host/local.ts';

/** Runs over directories of a kernel tree. */
export class Surroundings {
  readonly #fs: FileSystem;
  readonly #series: string;
  readonly #asTheyAre = new Map<string, Promise<readonly Finding[]>>();

  constructor(root: string, series: string) {
    this.#fs = createFileSystem(root);
    this.#series = series;
  }

  /** The findings in the directory of a file, as it is. */
  before(file: string): Promise<readonly Finding[]> {
    const directory = directoryOf(file);
    let known = this.#asTheyAre.get(directory);
    if (known === undefined) {
      known = this.#check(directory, this.#fs);
      this.#asTheyAre.set(directory, known);
    }
    return known;
  }

  /** The findings in the directory of a file with this text in its place. */
  after(file: string, text: string): Promise<readonly Finding[]> {
    return this.#check(directoryOf(file), overlayFiles(this.#fs, new Map([[file, Buffer.from(text)]])));
  }

  async #check(directory: string, fs: FileSystem): Promise<readonly Finding[]> {
    const kernel = parseRange(this.#series);
    if (kernel === undefined) throw new Error(`not a kernel: ${this.#series}`);
    const host = {
      fs,
      clock,
      local: (files: FileSystem) => new LocalExecutor(files, clock),
      pool: () => {
        throw new Error('a directory is looked at in one thread');
      },
    };
    const { findings } = await run(
      {
        inputs: [{ kind: 'path', path: directory }],
        settings: { ...DEFAULT_SETTINGS, kernel, minConfidence: 'low' },
        rules: true,
        jobs: 1,
      },
      host,
    );
    return findings;
  }
}

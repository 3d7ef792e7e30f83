/**
 * Compiles files of a kernel tree as an x86 allmodconfig does, and changed texts of them with the same command. The tree is only read: objects
 * go to a build directory, changed texts and their objects to a temporary one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** What compiling a text gave. */
export type Compiled =
  | { readonly kind: 'built'; readonly warnings: readonly string[] }
  | { readonly kind: 'failed'; readonly errors: string };

const OUTPUT = 64 * 1024 * 1024;

/** A tree with its build directory. */
export class Kbuild {
  readonly #root: string;
  readonly #out: string;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'guplint-compile-'));

  constructor(root: string, out: string) {
    this.#root = root;
    this.#out = out;
  }

  /** Configures the build directory, where that is not done yet. */
  prepare(): void {
    if (existsSync(join(this.#out, 'include/generated/utsrelease.h'))) return;
    mkdirSync(this.#out, { recursive: true });
    this.#make(['allmodconfig']);
    const config = join(this.#out, '.config');
    // Warnings are counted, not fatal; type information for BPF needs a tool that nothing else here does.
    const off = ['WERROR', 'DEBUG_INFO_BTF'].flatMap((name) => ['-d', name]);
    spawnSync(join(this.#root, 'scripts/config'), ['--file', config, ...off]);
    this.#make(['olddefconfig', 'prepare', 'modules_prepare']);
  }

  #make(targets: readonly string[]): boolean {
    const done = spawnSync('nice', ['-n', '10', 'make', `O=${this.#out}`, '-j2', ...targets], {
      cwd: this.#root,
      encoding: 'utf8',
      maxBuffer: OUTPUT,
    });
    return done.status === 0;
  }

  /** The compiler's command for a file, as the build left it; undefined where this configuration does not build the file. */
  command(file: string): string | undefined {
    const object = file.replace(/\.c$/, '.o');
    const left = join(this.#out, dirname(file), `.${basename(object)}.cmd`);
    if (!existsSync(left) && !this.#make([object])) return undefined;
    if (!existsSync(left)) return undefined;
    const line = readFileSync(left, 'utf8').split('\n')[0] ?? '';
    const command = /^\w+ := (.*)$/.exec(line.replace(/^savedcmd_\S+/, 'savedcmd'))?.[1];
    return command?.split(/\s;\s/)[0]?.trimEnd();
  }

  /** Compiles a text in the place of a file with the command of the file. */
  compile(file: string, text: string, command: string): Compiled {
    const source = join(this.#scratch, basename(file));
    writeFileSync(source, text);
    const object = source.replace(/\.c$/, '.o');
    const here = dirname(join(this.#root, file));
    const changed = command
      .replace(/-Wp,-MMD,\S+/, `-Wp,-MMD,${object}.d`)
      .replace(/ -o \S+ \S+$/, ` -iquote ${here} -o ${object} ${source}`);
    if (!changed.endsWith(source)) return { kind: 'failed', errors: `not understood: ${command.slice(-200)}` };
    const done = spawnSync('nice', ['-n', '10', 'sh', '-c', changed], {
      cwd: this.#out,
      encoding: 'utf8',
      maxBuffer: OUTPUT,
    });
    if (done.status !== 0) return { kind: 'failed', errors: done.stderr };
    return { kind: 'built', warnings: warningsIn(done.stderr) };
  }

  /** Removes what was written but for the build directory. */
  close(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** The warnings in a compiler's output without places, sorted: equal texts at other lines are equal warnings. */
function warningsIn(output: string): string[] {
  return output
    .split('\n')
    .flatMap((line) => /\bwarning: (.*)$/.exec(line)?.[1] ?? [])
    .sort();
}

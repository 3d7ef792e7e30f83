/**
 * `make C=2 CHECK="guplint --kbuild"` over directories of a real kernel: builds every object, breaks none, and prints the findings that
 * `guplint check` reports for the files that were compiled. Not among the quick tests: it compiles.
 *
 *   npm run build && npx tsx test/bench/kernel-build.ts BUILD_DIRECTORY
 *
 * The kernel is the one of test/harness/kernel-tree.ts and is not written to. Needs what Debian asks for to build a kernel
 * (build-essential, bc, bison, flex, libelf-dev).
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { kernelTree } from '../harness/kernel-tree.ts';

const GUPLINT = path.join(__dirname, '../../dist/guplint.js');

/** Directories with findings, and what enables them on top of allnoconfig. */
const DIRECTORIES = ['drivers/misc/vmw_vmci', 'io_uring', 'net/9p'];
const ENABLED = [
  'CONFIG_64BIT=y',
  'CONFIG_PCI=y',
  'CONFIG_MODULES=y',
  'CONFIG_VMWARE_VMCI=m',
  'CONFIG_IO_URING=y',
  'CONFIG_BLOCK=y',
  'CONFIG_NET=y',
  'CONFIG_INET=y',
  'CONFIG_VIRTIO_MENU=y',
  'CONFIG_VIRTIO_PCI=m',
  'CONFIG_NETWORK_FILESYSTEMS=y',
  'CONFIG_NET_9P=m',
  'CONFIG_NET_9P_VIRTIO=m',
];

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

function run(command: string, args: readonly string[], cwd: string): Ran {
  const start = process.hrtime.bigint();
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { code: done.status, out: done.stdout, err: done.stderr, seconds };
}

function must(ran: Ran, what: string): Ran {
  if (ran.code !== 0) throw new Error(`${what}: exit code ${ran.code}\n${ran.err.slice(-2000)}`);
  return ran;
}

/** `path:line:column rule` of the lines that a checker printed, paths below the tree. */
function printed(err: string, root: string, build: string): Set<string> {
  const lines = err.matchAll(/^(\S+?):(\d+):(\d+): (?:error|warning|info): .*\[([\w-]+)\]$/gm);
  return new Set(
    [...lines].map((m) => `${path.relative(root, path.resolve(build, m[1] ?? ''))}:${m[2]}:${m[3]} ${m[4]}`),
  );
}

/** The same of what `guplint check` reports for the directories, without files that were not compiled. */
function checked(root: string, build: string): Set<string> {
  const args = [GUPLINT, 'check', '--format', 'json', '--no-cache', '--fail-level', 'never', ...DIRECTORIES];
  const { out } = must(run(process.execPath, args, root), 'guplint check');
  const { findings } = JSON.parse(out) as { findings: { file: string; line: number; column: number; rule: string }[] };
  const compiled = findings.filter((f) => existsSync(path.join(build, f.file.replace(/\.c$/, '.o'))));
  return new Set(compiled.map((f) => `${f.file}:${f.line}:${f.column} ${f.rule}`));
}

function main(): number {
  const tree = kernelTree('6.12');
  const build = process.argv[2];
  if (tree.kind === 'missing' || build === undefined) {
    console.error(tree.kind === 'missing' ? tree.reason : 'which directory to build in?');
    return 2;
  }
  const root = realpathSync(tree.root);
  mkdirSync(build, { recursive: true });
  const make = (...args: string[]): Ran => run('make', ['-s', `O=${path.resolve(build)}`, ...args], root);
  must(make('allnoconfig'), 'allnoconfig');
  appendFileSync(path.join(build, '.config'), `${ENABLED.join('\n')}\n`);
  must(make('olddefconfig'), 'olddefconfig');
  must(make('prepare', 'modules_prepare'), 'prepare');
  const targets = DIRECTORIES.map((d) => `${d}/`);
  const check = `CHECK=${process.execPath} ${GUPLINT} --kbuild`;
  const built = must(make('C=2', check, ...targets), 'make C=2');
  const again = must(make('C=2', check, ...targets), 'make C=2, everything built');
  const plain = must(make(...targets), 'make, everything built');
  const made = printed(built.err, root, build);
  const wanted = checked(root, build);
  const missing = [...wanted].filter((f) => !made.has(f));
  const extra = [...made].filter((f) => !wanted.has(f));
  console.log(`${made.size} findings in ${targets.join(' ')}: ${missing.length} missing, ${extra.length} too many`);
  for (const f of missing) console.log(`missing: ${f}`);
  for (const f of extra) console.log(`too many: ${f}`);
  console.log(
    `compiled and checked in ${built.seconds.toFixed(1)} s; built already: ${again.seconds.toFixed(1)} s with checks, ${plain.seconds.toFixed(1)} s without`,
  );
  return missing.length + extra.length === 0 ? 0 : 1;
}

process.exit(main());

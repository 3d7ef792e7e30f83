/**
 * The places of the kernel itself that are entitled to FOLL_FORCE or to internal flags, by release.
 * The table silences flag rules there and steers nothing else: no classification, no flow.
 */
import type { InternalUser } from './schema.ts';

const INTERNAL_FLAGS: readonly string[] = [
  'FOLL_COW',
  'FOLL_FAST_ONLY',
  'FOLL_GET',
  'FOLL_MADV_POPULATE',
  'FOLL_MIGRATION',
  'FOLL_MLOCK',
  'FOLL_NUMA',
  'FOLL_PIN',
  'FOLL_POPULATE',
  'FOLL_REMOTE',
  'FOLL_TOUCH',
  'FOLL_TRIED',
  'FOLL_UNLOCKABLE',
];

/** Sorted by path; a path that ends in a slash stands for everything below it. */
export const INTERNAL_USERS: readonly InternalUser[] = [
  {
    path: 'arch/alpha/kernel/ptrace.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.12.117', path: 'arch/alpha/kernel/ptrace.c' },
  },
  {
    path: 'arch/arm64/kernel/mte.c',
    kernels: { since: '5.10' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes memory tags of a traced process',
    source: { tag: 'v6.12.117', path: 'arch/arm64/kernel/mte.c' },
  },
  {
    path: 'arch/ia64/kernel/ptrace.c',
    kernels: { since: '4.4', until: '6.7' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.1.192', path: 'arch/ia64/kernel/ptrace.c', note: 'the architecture was removed in 6.7' },
  },
  {
    path: 'arch/mips/kernel/ptrace32.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.12.117', path: 'arch/mips/kernel/ptrace32.c' },
  },
  {
    path: 'arch/mips/math-emu/dsemul.c',
    kernels: { since: '4.8' },
    may: ['FOLL_FORCE'],
    why: 'writes an emulated delay slot into a page of the process',
    source: { tag: 'v6.12.117', path: 'arch/mips/math-emu/dsemul.c' },
  },
  {
    path: 'arch/powerpc/kernel/ptrace/ptrace32.c',
    kernels: { since: '5.9' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: {
      tag: 'v6.12.117',
      path: 'arch/powerpc/kernel/ptrace/ptrace32.c',
      note: 'the first release with this path was not read',
    },
  },
  {
    path: 'arch/sparc/kernel/ptrace_32.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.12.117', path: 'arch/sparc/kernel/ptrace_32.c' },
  },
  {
    path: 'arch/sparc/kernel/ptrace_64.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.12.117', path: 'arch/sparc/kernel/ptrace_64.c' },
  },
  {
    path: 'arch/x86/kernel/step.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads the instruction at which a traced process stands',
    source: { tag: 'v6.12.117', path: 'arch/x86/kernel/step.c' },
  },
  {
    path: 'arch/x86/kernel/uprobes.c',
    kernels: { since: '6.18' },
    may: ['FOLL_FORCE'],
    why: 'uprobes: reads the code at a breakpoint, whatever its mapping allows',
    source: { tag: 'v7.2.8', path: 'arch/x86/kernel/uprobes.c' },
  },
  {
    path: 'arch/x86/um/ptrace_32.c',
    kernels: { since: '4.4', until: '6.12' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.1.192', path: 'arch/x86/um/ptrace_32.c', note: 'absent in 6.12.117' },
  },
  {
    path: 'arch/x86/um/ptrace_64.c',
    kernels: { since: '4.4', until: '6.12' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.1.192', path: 'arch/x86/um/ptrace_64.c', note: 'absent in 6.12.117' },
  },
  {
    path: 'fs/exec.c',
    kernels: { since: '4.4', until: '6.1' },
    may: ['FOLL_FORCE'],
    why: 'fills the stack of a new program',
    source: { tag: 'v5.19', path: 'fs/exec.c', note: 'absent in 6.1.192' },
  },
  {
    path: 'fs/proc/base.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: '/proc/PID/mem: as ptrace',
    source: { tag: 'v6.12.117', path: 'fs/proc/base.c' },
  },
  {
    path: 'kernel/events/uprobes.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'writes breakpoints into read-only code',
    source: { tag: 'v6.12.117', path: 'kernel/events/uprobes.c' },
  },
  {
    path: 'kernel/ptrace.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'ptrace: reads and writes the memory of a traced process whatever its mappings allow',
    source: { tag: 'v6.12.117', path: 'kernel/ptrace.c' },
  },
  {
    path: 'mm/',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE', ...INTERNAL_FLAGS],
    why: 'the implementation itself, and its test module',
    source: { tag: 'v6.12.117', path: 'mm/gup.c' },
  },
  {
    path: 'security/tomoyo/domain.c',
    kernels: { since: '4.4' },
    may: ['FOLL_FORCE'],
    why: 'reads the arguments of a new program',
    source: { tag: 'v6.12.117', path: 'security/tomoyo/domain.c' },
  },
];

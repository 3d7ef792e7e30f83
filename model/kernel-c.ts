/**
 * What kernel C has beyond the language: names the preprocessor knows without being told, annotations, loop macros,
 * function-making macros, base typedefs. Facts of the kernel's headers as tables; imports nothing.
 */

/** First part of `#include <dir/...>` paths that are the kernel's own; such headers define no macro that depends on the version. */
export const KERNEL_INCLUDE_DIRS: ReadonlySet<string> = new Set([
  'linux',
  'asm',
  'asm-generic',
  'uapi',
  'generated',
  'net',
  'drm',
  'media',
  'sound',
  'rdma',
  'scsi',
  'crypto',
  'trace',
  'video',
  'acpi',
  'xen',
  'kvm',
  'dt-bindings',
  'misc',
  'target',
  'pcmcia',
  'ras',
  'soc',
  'clocksource',
  'keys',
  'kunit',
  'memory',
  'math-emu',
  'cxl',
  'ufs',
  'vdso',
  'hyperv',
  'rv',
  'mtd',
  'sys',
]);

/**
 * Macros whose standing is the same in every kernel build: their text, or null where they are never defined.
 * Distribution codes (redhat/, SUSE's and Ubuntu's version headers) are null: a mainline kernel has none.
 */
export const KNOWN_MACROS: ReadonlyMap<string, string | null> = new Map<string, string | null>([
  ['__KERNEL__', '1'],
  ['__linux__', '1'],
  ['__GNUC__', '8'],
  ['__STDC__', '1'],
  ['__cplusplus', null],
  ['__ASSEMBLY__', null],
  ['__ASSEMBLER__', null],
  ['__GENKSYMS__', null],
  ['__CHECKER__', null],
  ['_WIN32', null],
  ['WIN32', null],
  ['__FreeBSD__', null],
  ['__NetBSD__', null],
  ['__OpenBSD__', null],
  ['__APPLE__', null],
  ['__sun', null],
  ['_MSC_VER', null],
  ['__VMKLNX__', null],
  ['__HAIKU__', null],
  ['RHEL_RELEASE_CODE', null],
  ['RHEL_RELEASE_VERSION', null],
  ['RHEL_MAJOR', null],
  ['RHEL_MINOR', null],
  ['RHEL_RELEASE', null],
  ['CENTOS_MAJOR', null],
  ['SLE_VERSION_CODE', null],
  ['SLE_VERSION', null],
  ['SLES_VERSION', null],
  ['CONFIG_SUSE_KERNEL', null],
  ['CONFIG_SUSE_VERSION', null],
  ['SUSE_VERSION', null],
  ['UTS_UBUNTU_RELEASE_ABI', null],
  ['OEL_RELEASE_CODE', null],
  ['OL_RELEASE_CODE', null],
  ['EULER_VERSION', null],
  ['KYLIN_RELEASE_CODE', null],
  ['ANOLIS_RELEASE', null],
]);

/**
 * Annotations without arguments: include/linux/compiler_types.h, compiler_attributes.h, compiler.h, init.h, linkage.h, cache.h,
 * kprobes.h, and those that left the kernel since 4.4 (__devinit, __cpuinit).
 */
export const ANNOTATIONS: readonly string[] = [
  '__user',
  '__kernel',
  '__iomem',
  '__percpu',
  '__rcu',
  '__force',
  '__nocast',
  '__safe',
  '__private',
  '__bitwise',
  '__bitwise__',
  '__init',
  '__exit',
  '__initdata',
  '__initconst',
  '__exitdata',
  '__init_or_module',
  '__initdata_or_module',
  '__initconst_or_module',
  '__meminit',
  '__memexit',
  '__meminitdata',
  '__meminitconst',
  '__net_init',
  '__net_exit',
  '__net_initdata',
  '__ref',
  '__refdata',
  '__refconst',
  '__init_refok',
  '__initdata_refok',
  '__devinit',
  '__devexit',
  '__devinitdata',
  '__devinitconst',
  '__cpuinit',
  '__cpuexit',
  '__cpuinitdata',
  '__cpuinitconst',
  '__init_memblock',
  '__initdata_memblock',
  '__irq_entry',
  '__softirq_entry',
  '__exception_irq_entry',
  '__kprobes',
  '__sched',
  '__lockfunc',
  '__cpuidle',
  'noinstr',
  'noinline',
  'noinline_for_stack',
  'noinline_for_tracing',
  '__noinline',
  'notrace',
  '__notrace_funcgraph',
  'asmlinkage',
  '__visible',
  '__weak',
  '__used',
  '__unused',
  '__maybe_unused',
  '__always_unused',
  '__must_check',
  '__always_inline',
  '__attribute_const__',
  '__attribute_const',
  '__pure',
  '__cold',
  '__hot',
  '__deprecated',
  '__noreturn',
  '__malloc',
  '__packed',
  '__latent_entropy',
  '__randomize_layout',
  '__no_randomize_layout',
  '__designated_init',
  '__flatten',
  '__gnu_inline',
  '__naked',
  '__noclone',
  '__noscs',
  '__nocfi',
  '__no_sanitize_address',
  '__no_sanitize_thread',
  '__no_sanitize_undefined',
  '__no_sanitize_memory',
  '__no_sanitize_coverage',
  '__no_kcsan',
  '__no_kasan_or_inline',
  '__no_sanitize_or_inline',
  '__no_kmsan_checks',
  '__no_stack_protector',
  '__no_profile',
  '__no_kstack_erase',
  '__no_caller_saved_registers',
  '__signed_wrap',
  '__uninitialized',
  '__bpf_kfunc',
  '__ro_after_init',
  '__ro_after_init_or_module',
  '__read_mostly',
  '__cacheline_aligned',
  '__cacheline_aligned_in_smp',
  '____cacheline_aligned',
  '____cacheline_aligned_in_smp',
  '____cacheline_internodealigned_in_smp',
  '__nosavedata',
  '__page_aligned_data',
  '__page_aligned_bss',
  '__retain',
  '__nonstring',
  '__overloadable',
  '__pass_dynamic_object_size',
  '__efistub_global',
  '__efiapi',
  '__head',
  '__nostackprotector',
  '__restrict',
  '__restrict__',
  '__extension__',
  'fastcall',
  '__arena',
  '__ksym',
  '__kconfig',
  '__aligned_largest',
];

/** Annotations with arguments: the same headers, and include/linux/compiler-context-analysis.h's forerunners in compiler_types.h. */
export const ANNOTATIONS_WITH_ARGUMENTS: readonly string[] = [
  '__attribute__',
  '__attribute',
  '__printf',
  '__scanf',
  '__aligned',
  '__assume_aligned',
  '__section',
  '__alias',
  '__alloc_size',
  '__realloc_size',
  '__alloc_align',
  '__acquires',
  '__releases',
  '__must_hold',
  '__acquires_shared',
  '__releases_shared',
  '__must_hold_shared',
  '__cond_acquires',
  '__cond_acquires_shared',
  '__cond_releases',
  '__guarded_by',
  '__pt_guarded_by',
  '__acquires_ret',
  '__counted_by',
  '__counted_by_le',
  '__counted_by_be',
  '__counted_by_ptr',
  '__sized_by',
  '__copy',
  '__error',
  '__compiletime_error',
  '__compiletime_warning',
  '__warning',
  '__diagnose_as',
  '__no_sanitize',
  '__cleanup',
  '__mode',
  '__btf_type_tag',
  '__access',
  '__nonnull',
  '__tag',
  '__declspec',
  '__target',
  '__protected_by',
];

/** `T *p __free(name)`: p is cleaned up by DEFINE_FREE(name, ...) at the end of its scope; include/linux/cleanup.h, since 6.5. */
export const CLEANUP_ANNOTATION = '__free';

/**
 * Names of macros that are loops over what follows: list_for_each_entry, for_each_sgtable_page, xa_for_each, TAILQ_FOREACH. By shape,
 * because every subsystem has its own.
 */
export const LOOP_MACRO = /(?:^|_)for_?(?:each|every)|foreach|(?:^|_)for_[a-z]|_each(?:_|$)|(?:^|_)loop(?:_|$)/i;

/** Macros whose block runs once, with something held or set round it: scoped_guard (linux/cleanup.h), with_intel_runtime_pm. */
export const BLOCK_MACRO = /scoped|guard|(?:^|_)with(?:_|$)/i;

/** Macros that read as an `if` in front of a block: if_not_guard, unless, IF_DEBUG. */
export const IF_MACRO = /^(?:if|unless)(?:_|$)/i;

/** Macros of linux/cleanup.h that declare something which is cleaned up at the end of its scope; since 6.5, ACQUIRE since 6.16. */
export const CLEANUP_MACROS: ReadonlySet<string> = new Set([
  'guard',
  'scoped_guard',
  'scoped_cond_guard',
  'CLASS',
  'class',
  'if_not_guard',
  'if_not_cond_guard',
  'ACQUIRE',
  'scoped_class',
  'scoped_user_read_access',
  'scoped_user_write_access',
]);

/**
 * Macros that make a function when a block follows: which argument names it, and whether the others are type and name in turn.
 * linux/syscalls.h, linux/compat.h, linux/filter.h, asm/idtentry.h, tools/testing/selftests/kselftest_harness.h. For others the
 * first argument is taken.
 */
export const FUNCTION_MAKERS: readonly { readonly pattern: RegExp; readonly name: number; readonly pairs: boolean }[] =
  [
    {
      pattern: /^(?:COMPAT_)?SYSCALL_DEFINE\d$|^SYSCALL32_DEFINE\d$|^BPF_CALL_\d$|^NOTRACE_BPF_CALL_\d$/,
      name: 0,
      pairs: true,
    },
    { pattern: /^TEST_F(?:_\w+)?$/, name: 1, pairs: false },
    { pattern: /^FIXTURE_(?:SETUP|TEARDOWN)(?:_\w+)?$/, name: 0, pairs: false },
  ];

/** An integer type of the kernel on a 64-bit machine. */
export interface IntegerType {
  readonly bits: number;
  readonly unsigned: boolean;
}

const integers = (bits: number, unsigned: boolean, names: string): [string, IntegerType][] =>
  names.split(' ').map((name) => [name, { bits, unsigned }]);

/**
 * Integer typedefs of include/linux/types.h, include/uapi/asm-generic/int-ll64.h and posix_types.h, mm_types.h and their like, as a
 * 64-bit kernel defines them (phys_addr_t and dma_addr_t with the widest configuration).
 */
export const INTEGER_TYPEDEFS: ReadonlyMap<string, IntegerType> = new Map([
  ...integers(8, true, 'u8 __u8 uint8_t u_char unchar u_int8_t uchar'),
  ...integers(8, false, 's8 __s8 int8_t'),
  ...integers(16, true, 'u16 __u16 uint16_t __le16 __be16 __sum16 u_short ushort umode_t u_int16_t'),
  ...integers(16, false, 's16 __s16 int16_t'),
  ...integers(
    32,
    true,
    'u32 __u32 uint32_t __le32 __be32 __wsum u_int uint u_int32_t gfp_t slab_flags_t fmode_t vm_fault_t dev_t',
  ),
  ...integers(
    32,
    true,
    'uid_t gid_t __poll_t blk_opf_t blk_status_t compat_uptr_t compat_size_t compat_ulong_t compat_uint_t mode_t',
  ),
  ...integers(32, true, 'irq_hw_number_32_t isolate_mode_t'),
  ...integers(32, false, 's32 __s32 int32_t pid_t compat_int_t compat_ssize_t compat_long_t key_serial_t dma_cookie_t'),
  ...integers(
    64,
    true,
    'u64 __u64 uint64_t __le64 __be64 size_t __kernel_size_t ulong u_long uintptr_t dma_addr_t phys_addr_t',
  ),
  ...integers(
    64,
    true,
    'resource_size_t pgoff_t sector_t blkcnt_t vm_flags_t irq_hw_number_t cycles_t ino_t u_int64_t aligned_u64',
  ),
  ...integers(
    64,
    true,
    '__aligned_u64 pteval_t pmdval_t pudval_t p4dval_t pgdval_t pgprotval_t kernel_ulong_t iova_t gfn_t hfn_t kvm_pfn_t',
  ),
  ...integers(64, true, 'gpa_t gva_t hva_t hpa_t __kernel_ulong_t netdev_features_t'),
  ...integers(
    64,
    false,
    's64 __s64 int64_t ssize_t __kernel_ssize_t off_t loff_t __kernel_loff_t ptrdiff_t intptr_t ktime_t time64_t',
  ),
  ...integers(64, false, '__kernel_long_t time_t clock_t'),
  ...integers(8, true, 'bool _Bool'),
]);

/**
 * Macros whose type follows from an argument: the type that argument names (`type`), that type as a pointer (`pointer`), or the
 * type of the expression it is (`value`). linux/minmax.h, container_of.h, list.h, rwonce.h, overflow.h.
 */
export const TYPE_MACROS: ReadonlyMap<
  string,
  { readonly argument: number; readonly gives: 'type' | 'pointer' | 'value' }
> = new Map([
  ['min_t', { argument: 0, gives: 'type' }],
  ['max_t', { argument: 0, gives: 'type' }],
  ['clamp_t', { argument: 0, gives: 'type' }],
  ['va_arg', { argument: 1, gives: 'type' }],
  ['container_of', { argument: 1, gives: 'pointer' }],
  ['container_of_const', { argument: 1, gives: 'pointer' }],
  ['list_entry', { argument: 1, gives: 'pointer' }],
  ['list_first_entry', { argument: 1, gives: 'pointer' }],
  ['list_last_entry', { argument: 1, gives: 'pointer' }],
  ['list_first_entry_or_null', { argument: 1, gives: 'pointer' }],
  ['hlist_entry', { argument: 1, gives: 'pointer' }],
  ['hlist_entry_safe', { argument: 1, gives: 'pointer' }],
  ['rb_entry', { argument: 1, gives: 'pointer' }],
  ['min', { argument: 0, gives: 'value' }],
  ['max', { argument: 0, gives: 'value' }],
  ['min3', { argument: 0, gives: 'value' }],
  ['max3', { argument: 0, gives: 'value' }],
  ['clamp', { argument: 0, gives: 'value' }],
  ['READ_ONCE', { argument: 0, gives: 'value' }],
  ['ACCESS_ONCE', { argument: 0, gives: 'value' }],
  ['rcu_dereference', { argument: 0, gives: 'value' }],
  ['rcu_dereference_protected', { argument: 0, gives: 'value' }],

  ['xchg', { argument: 1, gives: 'value' }],
  ['likely', { argument: 0, gives: 'value' }],
  ['unlikely', { argument: 0, gives: 'value' }],
  ['round_up', { argument: 0, gives: 'value' }],
  ['round_down', { argument: 0, gives: 'value' }],
  ['ALIGN', { argument: 0, gives: 'value' }],
  ['ALIGN_DOWN', { argument: 0, gives: 'value' }],
  ['array_index_nospec', { argument: 0, gives: 'value' }],
]);

/** Macros of the kernel that stand for an object, and the type of it: asm/current.h, asm/ptrace.h. */
export const OBJECT_MACROS: ReadonlyMap<string, string> = new Map([['current', 'struct task_struct *']]);

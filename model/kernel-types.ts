/**
 * Types of the kernel that code names without declaring them: integer typedefs, macros whose type follows from an argument, macros
 * that stand for an object. For a 64-bit machine. Imports nothing.
 */

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

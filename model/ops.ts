/**
 * Structs of functions: which fields are entry points of a driver, what for, and what holds when the kernel calls them.
 * A function assigned to such a field runs in that context; roles say whether a hold that begins or ends there is a long one.
 */
import type { EntryPoint, OpsRow } from './schema.ts';

/** Opened by a user. */
const OPEN: EntryPoint = { role: 'open', context: 'process', mmapLock: 'not-held', userMm: true };

/** The last reference goes, by whoever drops it: the mm of the opener may be gone. */
const CLOSE: EntryPoint = { role: 'close', context: 'process', mmapLock: 'unknown', userMm: false };

/** close() of one descriptor, by its process. */
const USER_CLOSE: EntryPoint = { role: 'close', context: 'process', mmapLock: 'not-held', userMm: true };

/** A request of a user. */
const IOCTL: EntryPoint = { role: 'ioctl', context: 'process', mmapLock: 'not-held', userMm: true };

/** mmap() by a user: mmap_lock is held for writing. */
const MMAP: EntryPoint = { role: 'mmap', context: 'process', mmapLock: 'held', userMm: true };

/** The end of a mapping, by munmap() or with the process. */
const UNMAP: EntryPoint = { role: 'unmap', context: 'process', mmapLock: 'unknown', userMm: false };

/** A mapping is copied or split: mmap_lock is held for writing. */
const VMA_OPEN: EntryPoint = { role: 'mmap', context: 'process', mmapLock: 'held', userMm: true };

/** A mapping ends: mmap_lock is held, or the mm has no users left. */
const VMA_CLOSE: EntryPoint = { role: 'unmap', context: 'process', mmapLock: 'held', userMm: false };

/** A page fault: mmap_lock, or the lock of the VMA, is held for reading. */
const FAULT: EntryPoint = { role: 'fault', context: 'process', mmapLock: 'held', userMm: true };

/** A page fault, under RCU and a page table lock. */
const FAULT_ATOMIC: EntryPoint = { role: 'fault', context: 'rcu', mmapLock: 'held', userMm: true };

/** read(), write() and the like by a user. */
const IO: EntryPoint = { role: 'io', context: 'process', mmapLock: 'not-held', userMm: true };

/** Data path that may be entered with a spinlock held. */
const IO_ATOMIC: EntryPoint = { role: 'io', context: 'softirq', mmapLock: 'unknown', userMm: false };

/** Requests of the block layer or of writeback: no user's mm. */
const WORKER_IO: EntryPoint = { role: 'io', context: 'process', mmapLock: 'unknown', userMm: false };

/** Transmission: bottom halves are off. */
const XMIT: EntryPoint = { role: 'io', context: 'softirq', mmapLock: 'unknown', userMm: false };

/** Completion of a request. */
const COMPLETION: EntryPoint = { role: 'io', context: 'softirq', mmapLock: 'unknown', userMm: false };

/** Interrupt handler. */
const IRQ_HANDLER: EntryPoint = { role: 'other', context: 'irq', mmapLock: 'unknown', userMm: false };

/** A device or a module comes. */
const PROBE: EntryPoint = { role: 'probe', context: 'process', mmapLock: 'unknown', userMm: false };

/** A device or a module goes. */
const REMOVE: EntryPoint = { role: 'remove', context: 'process', mmapLock: 'unknown', userMm: false };

/** The last reference of an object goes, in the context of whoever drops it. */
const LAST_PUT: EntryPoint = { role: 'close', context: 'caller', mmapLock: 'unknown', userMm: false };

/** After a grace period. */
const RCU_FREE: EntryPoint = { role: 'close', context: 'rcu', mmapLock: 'unknown', userMm: false };

/** A file of sysfs, debugfs, procfs or configfs. */
const SYSFS: EntryPoint = { role: 'sysfs', context: 'process', mmapLock: 'not-held', userMm: true };

/** Tells that a range of user memory or of a mapping goes away. May be told not to sleep. */
const NOTIFIER: EntryPoint = { role: 'notifier', context: 'process', mmapLock: 'unknown', userMm: false };

/** Tells that a range of user memory goes away, under a page table lock. */
const NOTIFIER_ATOMIC: EntryPoint = { role: 'notifier', context: 'softirq', mmapLock: 'unknown', userMm: false };

/** The mm goes: everything taken of it is to be let go. */
const MM_GONE: EntryPoint = { role: 'notifier', context: 'process', mmapLock: 'unknown', userMm: false };

/** Anything else in process context. */
const OTHER: EntryPoint = { role: 'other', context: 'process', mmapLock: 'unknown', userMm: false };

/** Sorted by struct tag. Fields that are no entry points of interest are left out. */
export const OPS_ROWS: readonly OpsRow[] = [
  {
    tag: 'address_space_operations',
    fields: {
      direct_IO: IO,
      writepages: WORKER_IO,
      read_folio: WORKER_IO,
      readahead: WORKER_IO,
      write_begin: IO,
      write_end: IO,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/fs.h' },
  },
  {
    tag: 'amba_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/linux/amba/bus.h' },
  },
  {
    tag: 'auxiliary_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/auxiliary_bus.h' },
  },
  {
    tag: 'bin_attribute',
    fields: { read: SYSFS, write: SYSFS, mmap: MMAP },
    source: { tag: 'v6.12.117', path: 'include/linux/sysfs.h' },
  },
  {
    tag: 'blk_mq_ops',
    fields: { queue_rq: WORKER_IO, complete: COMPLETION, timeout: WORKER_IO },
    source: { tag: 'v6.12.117', path: 'include/linux/blk-mq.h' },
  },
  {
    tag: 'block_device_operations',
    fields: { open: OPEN, release: CLOSE, ioctl: IOCTL, compat_ioctl: IOCTL, submit_bio: WORKER_IO },
    source: { tag: 'v6.12.117', path: 'include/linux/blkdev.h' },
  },
  {
    tag: 'bus_attribute',
    fields: { show: SYSFS, store: SYSFS },
    source: { tag: 'v6.12.117', path: 'include/linux/device/bus.h' },
  },
  {
    tag: 'bus_type',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/device/bus.h' },
  },
  {
    tag: 'class',
    fields: { dev_release: LAST_PUT, class_release: LAST_PUT },
    source: { tag: 'v6.12.117', path: 'include/linux/device/class.h' },
  },
  {
    tag: 'comedi_driver',
    fields: { attach: PROBE, auto_attach: PROBE, detach: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/linux/comedi/comedidev.h' },
  },
  {
    tag: 'configfs_attribute',
    fields: { show: SYSFS, store: SYSFS },
    source: { tag: 'v6.12.117', path: 'include/linux/configfs.h' },
  },
  {
    tag: 'device_attribute',
    fields: { show: SYSFS, store: SYSFS },
    source: { tag: 'v6.12.117', path: 'include/linux/device.h' },
  },
  {
    tag: 'device_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/device/driver.h' },
  },
  {
    tag: 'device_type',
    fields: { release: LAST_PUT },
    source: { tag: 'v6.12.117', path: 'include/linux/device.h' },
  },
  {
    tag: 'dma_buf_ops',
    fields: {
      attach: OTHER,
      detach: OTHER,
      pin: OTHER,
      unpin: OTHER,
      map_dma_buf: OTHER,
      unmap_dma_buf: OTHER,
      release: LAST_PUT,
      begin_cpu_access: IOCTL,
      end_cpu_access: IOCTL,
      mmap: MMAP,
      vmap: OTHER,
      vunmap: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/dma-buf.h' },
  },
  {
    tag: 'drm_driver',
    fields: {
      load: PROBE,
      unload: REMOVE,
      open: OPEN,
      postclose: CLOSE,
      release: LAST_PUT,
      gem_prime_import_sg_table: IOCTL,
      dumb_create: IOCTL,
    },
    source: { tag: 'v6.12.117', path: 'include/drm/drm_drv.h' },
  },
  {
    tag: 'drm_gem_object_funcs',
    fields: {
      free: LAST_PUT,
      open: IOCTL,
      close: CLOSE,
      pin: OTHER,
      unpin: OTHER,
      get_sg_table: OTHER,
      vmap: OTHER,
      vunmap: OTHER,
      mmap: MMAP,
      evict: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/drm/drm_gem.h' },
  },
  {
    tag: 'fb_ops',
    fields: {
      fb_open: OPEN,
      fb_release: CLOSE,
      fb_read: IO,
      fb_write: IO,
      fb_ioctl: IOCTL,
      fb_compat_ioctl: IOCTL,
      fb_mmap: MMAP,
      fb_destroy: LAST_PUT,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/fb.h' },
  },
  {
    tag: 'file_operations',
    fields: {
      open: OPEN,
      release: CLOSE,
      flush: USER_CLOSE,
      unlocked_ioctl: IOCTL,
      compat_ioctl: IOCTL,
      mmap: MMAP,
      read: IO,
      write: IO,
      read_iter: IO,
      write_iter: IO,
      poll: OTHER,
      fsync: OTHER,
      llseek: OTHER,
      splice_read: IO,
      splice_write: IO,
      uring_cmd: IOCTL,
      fasync: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/fs.h' },
  },
  {
    tag: 'hid_driver',
    fields: { probe: PROBE, remove: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/hid.h' },
  },
  {
    tag: 'hv_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/hyperv.h' },
  },
  {
    tag: 'i2c_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/linux/i2c.h' },
  },
  {
    tag: 'ib_client',
    fields: { add: PROBE, remove: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/rdma/ib_verbs.h' },
  },
  {
    tag: 'ib_device_ops',
    fields: {
      alloc_ucontext: OPEN,
      dealloc_ucontext: CLOSE,
      mmap: MMAP,
      mmap_free: UNMAP,
      reg_user_mr: IOCTL,
      rereg_user_mr: IOCTL,
      reg_user_mr_dmabuf: IOCTL,
      dereg_mr: IOCTL,
      create_cq: IOCTL,
      resize_cq: IOCTL,
      destroy_cq: IOCTL,
      create_qp: IOCTL,
      modify_qp: IOCTL,
      destroy_qp: IOCTL,
      create_srq: IOCTL,
      destroy_srq: IOCTL,
      create_wq: IOCTL,
      destroy_wq: IOCTL,
      alloc_pd: IOCTL,
      dealloc_pd: IOCTL,
      disassociate_ucontext: CLOSE,
      post_send: IO_ATOMIC,
      post_recv: IO_ATOMIC,
      poll_cq: IO_ATOMIC,
    },
    source: { tag: 'v6.12.117', path: 'include/rdma/ib_verbs.h' },
  },
  {
    tag: 'iommufd_access_ops',
    fields: { unmap: NOTIFIER },
    source: { tag: 'v6.12.117', path: 'include/linux/iommufd.h' },
  },
  {
    tag: 'kernel_param_ops',
    fields: { set: SYSFS, get: SYSFS, free: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/moduleparam.h' },
  },
  {
    tag: 'kobj_attribute',
    fields: { show: SYSFS, store: SYSFS },
    source: { tag: 'v6.12.117', path: 'include/linux/kobject.h' },
  },
  {
    tag: 'kobj_type',
    fields: { release: LAST_PUT },
    source: { tag: 'v6.12.117', path: 'include/linux/kobject.h' },
  },
  {
    tag: 'mdev_driver',
    fields: { probe: PROBE, remove: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/linux/mdev.h' },
  },
  {
    tag: 'mei_cl_driver',
    fields: { probe: PROBE, remove: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/linux/mei_cl_bus.h' },
  },
  {
    tag: 'mmu_interval_notifier_ops',
    fields: { invalidate: NOTIFIER },
    source: { tag: 'v6.12.117', path: 'include/linux/mmu_notifier.h' },
  },
  {
    tag: 'mmu_notifier_ops',
    fields: {
      release: MM_GONE,
      invalidate_range_start: NOTIFIER,
      invalidate_range_end: NOTIFIER,
      arch_invalidate_secondary_tlbs: NOTIFIER_ATOMIC,
      free_notifier: LAST_PUT,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/mmu_notifier.h' },
  },
  {
    tag: 'net_device_ops',
    fields: {
      ndo_init: PROBE,
      ndo_uninit: REMOVE,
      ndo_open: OTHER,
      ndo_stop: OTHER,
      ndo_start_xmit: XMIT,
      ndo_xdp_xmit: XMIT,
      ndo_eth_ioctl: IOCTL,
      ndo_siocdevprivate: IOCTL,
      ndo_bpf: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/netdevice.h' },
  },
  {
    tag: 'pci_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE, suspend: OTHER, resume: OTHER, sriov_configure: SYSFS },
    source: { tag: 'v6.12.117', path: 'include/linux/pci.h' },
  },
  {
    tag: 'pci_error_handlers',
    fields: { error_detected: OTHER, slot_reset: OTHER, resume: OTHER, reset_prepare: OTHER, reset_done: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/pci.h' },
  },
  {
    tag: 'pcmcia_driver',
    fields: { probe: PROBE, remove: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/pcmcia/ds.h' },
  },
  {
    tag: 'pernet_operations',
    fields: { init: OTHER, exit: REMOVE, exit_batch: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/net/net_namespace.h' },
  },
  {
    tag: 'platform_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE, suspend: OTHER, resume: OTHER, remove_new: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/linux/platform_device.h' },
  },
  {
    tag: 'proc_ops',
    fields: {
      proc_open: OPEN,
      proc_release: CLOSE,
      proc_ioctl: IOCTL,
      proc_compat_ioctl: IOCTL,
      proc_mmap: MMAP,
      proc_read: IO,
      proc_read_iter: IO,
      proc_write: IO,
      proc_poll: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/proc_fs.h' },
  },
  {
    tag: 'proto',
    fields: {
      close: CLOSE,
      destroy: LAST_PUT,
      ioctl: IOCTL,
      setsockopt: IOCTL,
      getsockopt: IOCTL,
      sendmsg: IO,
      recvmsg: IO,
      init: OPEN,
    },
    source: { tag: 'v6.12.117', path: 'include/net/sock.h' },
  },
  {
    tag: 'proto_ops',
    fields: {
      release: CLOSE,
      ioctl: IOCTL,
      compat_ioctl: IOCTL,
      setsockopt: IOCTL,
      getsockopt: IOCTL,
      sendmsg: IO,
      recvmsg: IO,
      mmap: MMAP,
      bind: IOCTL,
      connect: IOCTL,
      poll: OTHER,
      splice_read: IO,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/net.h' },
  },
  {
    tag: 'rio_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/rio.h' },
  },
  {
    tag: 'rpmsg_driver',
    fields: { probe: PROBE, remove: REMOVE, callback: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/rpmsg.h' },
  },
  {
    tag: 'scsi_host_template',
    fields: { queuecommand: WORKER_IO, ioctl: IOCTL, compat_ioctl: IOCTL, slave_destroy: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/scsi/scsi_host.h' },
  },
  {
    tag: 'seq_operations',
    fields: { start: SYSFS, next: SYSFS, show: SYSFS, stop: SYSFS },
    source: { tag: 'v6.12.117', path: 'include/linux/seq_file.h' },
  },
  {
    tag: 'snd_pcm_ops',
    fields: {
      open: OPEN,
      close: CLOSE,
      ioctl: IOCTL,
      hw_params: IOCTL,
      hw_free: IOCTL,
      prepare: IOCTL,
      trigger: IO_ATOMIC,
      mmap: MMAP,
    },
    source: { tag: 'v6.12.117', path: 'include/sound/pcm.h' },
  },
  {
    tag: 'spi_driver',
    fields: { probe: PROBE, remove: REMOVE, shutdown: REMOVE },
    source: { tag: 'v6.12.117', path: 'include/linux/spi/spi.h' },
  },
  {
    tag: 'super_operations',
    fields: { put_super: CLOSE, evict_inode: LAST_PUT, destroy_inode: LAST_PUT, free_inode: RCU_FREE },
    source: { tag: 'v6.12.117', path: 'include/linux/fs.h' },
  },
  {
    tag: 'tee_driver_ops',
    fields: {
      open: OPEN,
      release: CLOSE,
      open_session: IOCTL,
      close_session: IOCTL,
      invoke_func: IOCTL,
      shm_register: IOCTL,
      shm_unregister: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/tee_core.h' },
  },
  {
    tag: 'tty_operations',
    fields: { open: OPEN, close: CLOSE, ioctl: IOCTL, compat_ioctl: IOCTL, write: IO, cleanup: LAST_PUT },
    source: { tag: 'v6.12.117', path: 'include/linux/tty_driver.h' },
  },
  {
    tag: 'uio_info',
    fields: { open: OPEN, release: CLOSE, mmap: MMAP, handler: IRQ_HANDLER, irqcontrol: IO },
    source: { tag: 'v6.12.117', path: 'include/linux/uio_driver.h' },
  },
  {
    tag: 'usb_driver',
    fields: { probe: PROBE, disconnect: REMOVE, unlocked_ioctl: IOCTL, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/usb.h' },
  },
  {
    tag: 'v4l2_file_operations',
    fields: {
      open: OPEN,
      release: CLOSE,
      unlocked_ioctl: IOCTL,
      compat_ioctl32: IOCTL,
      mmap: MMAP,
      read: IO,
      write: IO,
      poll: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/media/v4l2-dev.h' },
  },
  {
    tag: 'vb2_mem_ops',
    fields: {
      alloc: IOCTL,
      put: IOCTL,
      get_userptr: IOCTL,
      put_userptr: IOCTL,
      prepare: IOCTL,
      finish: IOCTL,
      attach_dmabuf: IOCTL,
      detach_dmabuf: IOCTL,
      map_dmabuf: IOCTL,
      unmap_dmabuf: IOCTL,
      mmap: MMAP,
    },
    source: { tag: 'v6.12.117', path: 'include/media/videobuf2-core.h' },
  },
  {
    tag: 'vb2_ops',
    fields: {
      buf_init: IOCTL,
      buf_prepare: IOCTL,
      buf_finish: IOCTL,
      buf_cleanup: IOCTL,
      start_streaming: IOCTL,
      stop_streaming: IOCTL,
      buf_queue: IOCTL,
    },
    source: { tag: 'v6.12.117', path: 'include/media/videobuf2-core.h' },
  },
  {
    tag: 'vdpa_config_ops',
    fields: {
      set_map: IOCTL,
      dma_map: IOCTL,
      dma_unmap: IOCTL,
      reset: IOCTL,
      bind_mm: IOCTL,
      unbind_mm: IOCTL,
      free: LAST_PUT,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/vdpa.h' },
  },
  {
    tag: 'vfio_device_ops',
    fields: {
      init: PROBE,
      release: LAST_PUT,
      open_device: OPEN,
      close_device: CLOSE,
      ioctl: IOCTL,
      mmap: MMAP,
      read: IO,
      write: IO,
      dma_unmap: NOTIFIER,
      request: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/vfio.h' },
  },
  {
    tag: 'vfio_iommu_driver_ops',
    fields: {
      open: OPEN,
      release: CLOSE,
      ioctl: IOCTL,
      attach_group: IOCTL,
      detach_group: IOCTL,
      pin_pages: OTHER,
      unpin_pages: OTHER,
      dma_rw: OTHER,
    },
    source: { tag: 'v6.12.117', path: 'drivers/vfio/vfio.h' },
  },
  {
    tag: 'virtio_driver',
    fields: { probe: PROBE, remove: REMOVE, scan: PROBE, freeze: OTHER, restore: OTHER },
    source: { tag: 'v6.12.117', path: 'include/linux/virtio.h' },
  },
  {
    tag: 'vm_operations_struct',
    fields: {
      open: VMA_OPEN,
      close: VMA_CLOSE,
      fault: FAULT,
      huge_fault: FAULT,
      page_mkwrite: FAULT,
      pfn_mkwrite: FAULT,
      map_pages: FAULT_ATOMIC,
      mremap: VMA_OPEN,
      may_split: VMA_OPEN,
      access: FAULT,
    },
    source: { tag: 'v6.12.117', path: 'include/linux/mm.h' },
  },
  {
    tag: 'xenbus_driver',
    fields: { probe: PROBE, remove: REMOVE, suspend: OTHER, resume: OTHER },
    source: { tag: 'v6.12.117', path: 'include/xen/xenbus.h' },
  },
];

;; Finds the first of several byte strings in a stretch of memory, 16 bytes a step (the "Teddy" method).
;; scripts/scan-module.mjs turns this into server/host/scan-module.ts; server/host/scan.ts fills the tables.
;;
;; Memory:   0  six tables of 16 bytes. Table 2k answers for the low, 2k+1 for the high half of the k-th byte of a
;;              fingerprint; bit b is set when some string of bucket b has that half there.
;;         128  the strings, 64 bytes each: length, offset of the fingerprint in the string, bytes. Length 0 ends the list.
;; The caller keeps 32 readable bytes behind `to`.
(module
  (memory (import "env" "memory") 1)

  ;; Where the string starts whose fingerprint stands at $at, if it lies in [$from, $to); else -1.
  (func $verify (param $at i32) (param $from i32) (param $to i32) (result i32)
    (local $string i32) (local $length i32) (local $start i32) (local $i i32)
    (local.set $string (i32.const 128))
    (block $none
      (loop $next
        (local.set $length (i32.load8_u (local.get $string)))
        (br_if $none (i32.eqz (local.get $length)))
        (local.set $start (i32.sub (local.get $at) (i32.load8_u offset=1 (local.get $string))))
        (local.set $i (i32.const 0))
        (block $differs
          (br_if $differs (i32.lt_u (local.get $start) (local.get $from)))
          (br_if $differs (i32.gt_u (i32.add (local.get $start) (local.get $length)) (local.get $to)))
          (loop $byte
            (br_if $differs (i32.ne
              (i32.load8_u (i32.add (local.get $start) (local.get $i)))
              (i32.load8_u offset=2 (i32.add (local.get $string) (local.get $i)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $byte (i32.lt_u (local.get $i) (local.get $length))))
          (return (local.get $start)))
        (local.set $string (i32.add (local.get $string) (i32.const 64)))
        (br $next)))
    (i32.const -1))

  ;; The address of the first string in [$from, $to), or -1.
  (func (export "find") (param $from i32) (param $to i32) (result i32)
    (local $low0 v128) (local $high0 v128) (local $low1 v128) (local $high1 v128) (local $low2 v128) (local $high2 v128)
    (local $half v128) (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $buckets v128)
    (local $at i32) (local $lanes i32) (local $found i32)
    (local.set $low0 (v128.load (i32.const 0)))
    (local.set $high0 (v128.load (i32.const 16)))
    (local.set $low1 (v128.load (i32.const 32)))
    (local.set $high1 (v128.load (i32.const 48)))
    (local.set $low2 (v128.load (i32.const 64)))
    (local.set $high2 (v128.load (i32.const 80)))
    (local.set $half (i8x16.splat (i32.const 15)))
    (local.set $at (local.get $from))
    (block $done
      (loop $block
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $b0 (v128.load (local.get $at)))
        (local.set $b1 (v128.load offset=1 (local.get $at)))
        (local.set $b2 (v128.load offset=2 (local.get $at)))
        (local.set $buckets (v128.and
          (v128.and
            (v128.and
              (i8x16.swizzle (local.get $low0) (v128.and (local.get $b0) (local.get $half)))
              (i8x16.swizzle (local.get $high0) (i8x16.shr_u (local.get $b0) (i32.const 4))))
            (v128.and
              (i8x16.swizzle (local.get $low1) (v128.and (local.get $b1) (local.get $half)))
              (i8x16.swizzle (local.get $high1) (i8x16.shr_u (local.get $b1) (i32.const 4)))))
          (v128.and
            (i8x16.swizzle (local.get $low2) (v128.and (local.get $b2) (local.get $half)))
            (i8x16.swizzle (local.get $high2) (i8x16.shr_u (local.get $b2) (i32.const 4))))))
        (if (v128.any_true (local.get $buckets))
          (then
            (local.set $lanes (i8x16.bitmask
              (i8x16.ne (local.get $buckets) (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))))
            (loop $lane
              (local.set $found (call $verify
                (i32.add (local.get $at) (i32.ctz (local.get $lanes))) (local.get $from) (local.get $to)))
              (if (i32.ge_s (local.get $found) (i32.const 0)) (then (return (local.get $found))))
              (local.set $lanes (i32.and (local.get $lanes) (i32.sub (local.get $lanes) (i32.const 1))))
              (br_if $lane (local.get $lanes)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $block)))
    (i32.const -1)))

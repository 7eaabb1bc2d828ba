// Modules as text, for tests that want a bit of everything.
#pragma once
#include <string_view>

// Imports of two kinds, segments of all kinds, functions from plain to SIMD and bulk operations, a start
// function.
constexpr std::string_view kAllSorts = R"((module $all_sorts
  (import "host" "call" (func $call (param i32) (result i32)))
  (import "host" "wide" (func $wide (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1 4)
  (table $t (export "table") 32 funcref)
  (global $base (export "base") i32 (i32.add (i32.const 16) (i32.mul (i32.const 2) (i32.const 8))))
  (global $sum (mut i64) (i64.const 0))
  (elem (global.get $base) func)
  (elem (i32.const 0) $fib $loops)
  (elem $later func $fib $simd $loops)
  (data (global.get $base) "some bytes")
  (data $later "others")
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                     (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  (func $loops (export "loops") (param $n i32) (result i32) (local $i i32)
    (block $out
      (loop $again
        (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
        (global.set $sum (i64.add (global.get $sum) (i64.extend_i32_u (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
    (block $a (block $b (block $c (br_table $a $b $c (local.get $n))) (return (i32.wrap_i64 (global.get $sum)))))
    (i32.const -1))
  (func $simd (export "simd") (param i32) (result i32)
    (i32x4.extract_lane 1 (i32x4.add (i32x4.splat (local.get 0)) (v128.const i32x4 1 2 3 4))))
  (func $bulk (export "bulk") (param i32) (result i32)
    (memory.init $later (i32.const 100) (i32.const 0) (i32.const 6))
    (data.drop $later)
    (table.init $t $later (i32.const 2) (i32.const 0) (i32.const 3))
    (elem.drop $later)
    (memory.copy (i32.const 200) (i32.const 100) (i32.const 6))
    (if (i32.lt_s (table.grow $t (ref.func $fib) (i32.const 4)) (i32.const 0)) (then (return (i32.const -1))))
    (if (i32.lt_s (memory.grow (local.get 0)) (i32.const 0)) (then (return (i32.const -1))))
    (call_indirect $t (param i32) (result i32) (i32.const 6) (i32.const 2)))
  (func $init
    (drop (call $call (i32.const 1)))
    (call $wide (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
      (i32.const 8) (i32.const 9) (i32.const 10) (i32.const 11) (i32.const 12) (i32.const 13) (i32.const 14)
      (i32.const 15) (i32.const 16) (i32.const 17) (i32.const 18)))
  (start $init)))";

// Calls what of WASI takes memory: strings, paths, directories, polls. Preopened directory: "/".
constexpr std::string_view kGuest = R"((module $guest
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\05\00\00\00")
  (data (i32.const 64) "hello")
  (data (i32.const 80) "dev/../dev/null")
  (func $ok (param i32) (if (local.get 0) (then (unreachable))))
  (func (export "_start")
    (call $ok (call $args_get (i32.const 4096) (i32.const 4200)))
    (call $ok (call $environ_get (i32.const 4096) (i32.const 4200)))
    (call $ok (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (call $ok (call $dir_name (i32.const 3) (i32.const 4096) (i32.const 31)))
    (call $ok (call $stat (i32.const 3) (i32.const 1) (i32.const 80) (i32.const 15) (i32.const 4096)))
    (call $ok (call $path_open (i32.const 3) (i32.const 1) (i32.const 80) (i32.const 15) (i32.const 0) (i64.const 2)
      (i64.const 0) (i32.const 0) (i32.const 24)))
    (call $ok (call $path_open (i32.const 3) (i32.const 1) (i32.const 80) (i32.const 3) (i32.const 2) (i64.const 0x4000)
      (i64.const 0) (i32.const 0) (i32.const 24)))
    (call $ok (call $readdir (i32.load (i32.const 24)) (i32.const 4096) (i32.const 200) (i64.const 0) (i32.const 28)))
    (call $ok (call $poll (i32.const 8192) (i32.const 8300) (i32.const 1) (i32.const 28)))
    (call $exit (i32.const 3)))))";

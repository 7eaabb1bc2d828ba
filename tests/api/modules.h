/* The modules of these tests, as bytes. What each of them is, its text says. */
#ifndef WJIT_TESTS_API_MODULES_H
#define WJIT_TESTS_API_MODULES_H

/* (module
 *   (import "" "hello" (func))
 *   (func (export "run") (call 0))) */
static const unsigned char hello_wasm[] = {
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 10, 1, 0, 5, 104, 101, 108, 108, 111, 0, 0, 3, 2, 1,
    0, 7, 7, 1, 3, 114, 117, 110, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
};

/* (module $kit
 *   (import "host" "call" (func $call (param i32) (result i32)))
 *   (import "host" "echo" (func $echo_ (param externref) (result externref)))
 *   (table (export "table") 4 16 funcref)
 *   (memory (export "memory") 1 3)
 *   (global (export "counter") (mut i32) (i32.const 7))
 *   (global $held (export "held") (mut externref) (ref.null extern))
 *   (elem (i32.const 1) $add $div)
 *   (data (i32.const 8) "data")
 *   (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
 *   (func $div (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
 *   (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
 *   (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
 *   (func (export "call_host") (param i32) (result i32) (call $call (local.get 0)))
 *   (func (export "echo") (param externref) (result externref) (call $echo_ (local.get 0)))
 *   (func (export "hold") (param externref) (global.set $held (local.get 0)))
 *   (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
 *     (local.get 3) (local.get 2) (local.get 1) (local.get 0))
 *   (func (export "indirect") (param i32 i32 i32) (result i32)
 *     (call_indirect (param i32 i32) (result i32) (local.get 1) (local.get 2) (local.get 0)))
 *   (func (export "forever") (loop (br 0)))
 *   (func (export "same_v128") (param v128) (result v128) (local.get 0))
 *   (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))) */
static const unsigned char kit_wasm[] = {
    0, 97, 115, 109, 1, 0, 0, 0, 1, 56, 10, 96, 1, 127, 1, 127, 96, 1, 111, 1, 111, 96, 2, 127, 127, 1,
    127, 96, 2, 127, 127, 0, 96, 1, 111, 0, 96, 4, 127, 126, 125, 124, 4, 124, 125, 126, 127, 96, 3, 127,
    127, 127, 1, 127, 96, 0, 0, 96, 1, 123, 1, 123, 96, 0, 1, 127, 2, 25, 2, 4, 104, 111, 115, 116, 4, 99,
    97, 108, 108, 0, 0, 4, 104, 111, 115, 116, 4, 101, 99, 104, 111, 0, 1, 3, 13, 12, 2, 2, 0, 3, 0, 1, 4,
    5, 6, 7, 8, 0, 4, 5, 1, 112, 1, 4, 16, 5, 4, 1, 1, 1, 3, 6, 11, 2, 127, 1, 65, 7, 11, 111, 1, 208, 111,
    11, 7, 135, 1, 16, 3, 97, 100, 100, 0, 2, 3, 100, 105, 118, 0, 3, 4, 108, 111, 97, 100, 0, 4, 5, 115,
    116, 111, 114, 101, 0, 5, 9, 99, 97, 108, 108, 95, 104, 111, 115, 116, 0, 6, 4, 101, 99, 104, 111, 0,
    7, 4, 104, 111, 108, 100, 0, 8, 4, 115, 119, 97, 112, 0, 9, 8, 105, 110, 100, 105, 114, 101, 99, 116,
    0, 10, 7, 102, 111, 114, 101, 118, 101, 114, 0, 11, 9, 115, 97, 109, 101, 95, 118, 49, 50, 56, 0, 12,
    4, 103, 114, 111, 119, 0, 13, 6, 109, 101, 109, 111, 114, 121, 2, 0, 5, 116, 97, 98, 108, 101, 1, 0, 7,
    99, 111, 117, 110, 116, 101, 114, 3, 0, 4, 104, 101, 108, 100, 3, 1, 9, 8, 1, 0, 65, 1, 11, 2, 2, 3,
    10, 99, 12, 7, 0, 32, 0, 32, 1, 106, 11, 7, 0, 32, 0, 32, 1, 109, 11, 7, 0, 32, 0, 40, 2, 0, 11, 9, 0,
    32, 0, 32, 1, 54, 2, 0, 11, 6, 0, 32, 0, 16, 0, 11, 6, 0, 32, 0, 16, 1, 11, 6, 0, 32, 0, 36, 1, 11, 10,
    0, 32, 3, 32, 2, 32, 1, 32, 0, 11, 11, 0, 32, 1, 32, 2, 32, 0, 17, 2, 0, 11, 7, 0, 3, 64, 12, 0, 11,
    11, 4, 0, 32, 0, 11, 6, 0, 32, 0, 64, 0, 11, 11, 10, 1, 0, 65, 8, 11, 4, 100, 97, 116, 97, 0, 102, 4,
    110, 97, 109, 101, 0, 4, 3, 107, 105, 116, 1, 89, 12, 2, 3, 97, 100, 100, 3, 3, 100, 105, 118, 4, 4,
    108, 111, 97, 100, 5, 5, 115, 116, 111, 114, 101, 6, 9, 99, 97, 108, 108, 95, 104, 111, 115, 116, 7, 4,
    101, 99, 104, 111, 8, 4, 104, 111, 108, 100, 9, 4, 115, 119, 97, 112, 10, 8, 105, 110, 100, 105, 114,
    101, 99, 116, 11, 7, 102, 111, 114, 101, 118, 101, 114, 12, 9, 115, 97, 109, 101, 95, 118, 49, 50, 56,
    13, 4, 103, 114, 111, 119,
};

/* (module (func $f unreachable) (start $f)) */
static const unsigned char start_traps_wasm[] = {
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 8, 1, 0, 10, 5, 1, 3, 0, 0, 11,
};

/* (module
 *   (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
 *   (memory (export "memory") 1)
 *   (func (export "_start") (call 0 (i32.const 3)))) */
static const unsigned char wasi_exit_wasm[] = {
    0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 1, 127, 0, 96, 0, 0, 2, 36, 1, 22, 119, 97, 115, 105, 95,
    115, 110, 97, 112, 115, 104, 111, 116, 95, 112, 114, 101, 118, 105, 101, 119, 49, 9, 112, 114, 111, 99,
    95, 101, 120, 105, 116, 0, 0, 3, 2, 1, 1, 5, 3, 1, 0, 1, 7, 19, 2, 6, 95, 115, 116, 97, 114, 116, 0, 1,
    6, 109, 101, 109, 111, 114, 121, 2, 0, 10, 8, 1, 6, 0, 65, 3, 16, 0, 11,
};

/* (module (memory (export "memory") i64 1 0x200000000)) */
static const unsigned char memory64_wasm[] = {
    0, 97, 115, 109, 1, 0, 0, 0, 5, 8, 1, 5, 1, 128, 128, 128, 128, 32, 7, 10, 1, 6, 109, 101, 109, 111,
    114, 121, 2, 0,
};

/* (module (tag (export "tag") (param i32))) */
static const unsigned char tag_wasm[] = {
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 127, 0, 13, 3, 1, 0, 0, 7, 7, 1, 3, 116, 97, 103, 4, 0,
};

/* Where the kit's exports are. */
enum {
  KIT_ADD,
  KIT_DIV,
  KIT_LOAD,
  KIT_STORE,
  KIT_CALL_HOST,
  KIT_ECHO,
  KIT_HOLD,
  KIT_SWAP,
  KIT_INDIRECT,
  KIT_FOREVER,
  KIT_SAME_V128,
  KIT_GROW,
  KIT_MEMORY,
  KIT_TABLE,
  KIT_COUNTER,
  KIT_HELD,
  KIT_EXPORTS
};

#endif

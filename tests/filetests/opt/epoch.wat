;; test opt epoch
;; test opt epoch-trap
(module
  ;; What a check tells nobody but the caller about is no barrier: the global is read once, before the loop, and the
  ;; memory's size there, too. Where a callback may be asked, both are read in every round.
  (memory 1 100)
  (global $g (mut i32) (i32.const 0))
  (func (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (i32.add (global.get $g) (memory.size))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  ;; Of two stores the first is seen by who looks at what a trap has left.
  (func $leaf (param $n i32) (global.set $g (i32.const 2)))
  (func (param $n i32)
    (global.set $g (i32.const 1))
    (call $leaf (local.get $n))))

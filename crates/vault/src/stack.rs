//! What keys leave on the stack.
//!
//! A key of ours lies on the heap, is not moved and is wiped. But an expanded AES key begins with the key itself, and a hash
//! takes its key as a block: both are values that the compiler moves about on the stack, and what was moved from is not
//! wiped. It stays there until something else happens to need the place.

/// How far below a frame its callees leave something: ciphers and hashes take a few hundred bytes each.
const REACH: usize = 16 << 10;

/// Does what has keys on its stack, then overwrites the part of the stack that it used.
pub(crate) fn without_trace<T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    overwrite();
    done
}

/// In a frame of its own, which is gone when the stack is overwritten.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    let mut below = [0_u8; REACH];
    // Whoever looks at it must find the zeros there.
    std::hint::black_box(&mut below);
}

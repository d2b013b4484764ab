//! The number types of tensors: how many numbers a block holds and how many bytes it takes.
//!
//! The sizes are those of `ggml-common.h` in the llama.cpp that is linked. A type that is not listed is
//! one that this build cannot compute with.

/// Fractions of 32 bits.
pub(super) const F32: u32 = 0;
/// Whole numbers of 32 bits: some models keep tables of them beside their weights.
pub(super) const I32: u32 = 26;

/// Whether ggml can compute with tensors of type `id`. Two are formats of its intermediate results (Q8_1, Q8_K); the
/// others are whole numbers and long fractions, for which it has no product.
pub(super) fn is_of_weights(id: u32) -> bool {
    block(id).is_some() && !matches!(id, 9 | 15 | 24 | 25 | 27 | 28)
}

/// Numbers in a block and bytes of a block of ggml type `id`.
pub(super) fn block(id: u32) -> Option<(u64, u64)> {
    Some(match id {
        0 => (1, 4),      // F32
        1 => (1, 2),      // F16
        2 => (32, 18),    // Q4_0
        3 => (32, 20),    // Q4_1
        6 => (32, 22),    // Q5_0
        7 => (32, 24),    // Q5_1
        8 => (32, 34),    // Q8_0
        9 => (32, 36),    // Q8_1
        10 => (256, 84),  // Q2_K
        11 => (256, 110), // Q3_K
        12 => (256, 144), // Q4_K
        13 => (256, 176), // Q5_K
        14 => (256, 210), // Q6_K
        15 => (256, 292), // Q8_K
        16 => (256, 66),  // IQ2_XXS
        17 => (256, 74),  // IQ2_XS
        18 => (256, 98),  // IQ3_XXS
        19 => (256, 50),  // IQ1_S
        20 => (32, 18),   // IQ4_NL
        21 => (256, 110), // IQ3_S
        22 => (256, 82),  // IQ2_S
        23 => (256, 136), // IQ4_XS
        24 => (1, 1),     // I8
        25 => (1, 2),     // I16
        26 => (1, 4),     // I32
        27 => (1, 8),     // I64
        28 => (1, 8),     // F64
        29 => (256, 56),  // IQ1_M
        30 => (1, 2),     // BF16
        34 => (256, 54),  // TQ1_0
        35 => (256, 66),  // TQ2_0
        39 => (32, 17),   // MXFP4
        40 => (64, 36),   // NVFP4
        41 => (128, 18),  // Q1_0
        42 => (64, 18),   // Q2_0
        _ => return None,
    })
}

/// Whether ggml puts such numbers into an order of its own when a processor of this kind multiplies with them (`repack.cpp`
/// there). They are copied for that, where others stay in the file.
pub(super) fn is_repacked(id: u32) -> bool {
    // Q4_0, Q4_K, IQ4_NL, MXFP4; then Q2_K, and Q8_0, Q5_K, Q6_K, Q1_0.
    match id {
        2 | 12 | 20 | 39 => true,
        10 => cfg!(target_arch = "x86_64"),
        8 | 13 | 14 | 41 => cfg!(target_arch = "aarch64"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_that_of_the_linked_llama_cpp() {
        for id in 0..llama_cpp_sys_2::GGML_TYPE_COUNT {
            // SAFETY: both functions look up a number below the count in a table.
            let (per_block, bytes) = unsafe {
                (
                    llama_cpp_sys_2::ggml_blck_size(id),
                    llama_cpp_sys_2::ggml_type_size(id),
                )
            };
            let theirs = (per_block > 0).then_some((per_block as u64, bytes as u64));
            assert_eq!(block(id), theirs, "type {id}");
        }
        assert_eq!(block(llama_cpp_sys_2::GGML_TYPE_COUNT), None);
    }
}

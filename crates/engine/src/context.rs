//! A llama.cpp context with several sequences in it.
//!
//! The bindings' own context cannot change its number of threads, lets a batch be written past its end
//! and aborts the process when no token can be chosen; so this one is built on the C functions.
//!
//! All sequences share one cache: what one does not use another can, and a beginning that several share is
//! there once. What is in the cache of others costs each of them time, so it should hold what is worked on.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;

use crate::memory::{CacheType, Opening};
use crate::model::pointer_to;

/// One of the sequences of a context, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SequenceId(pub(crate) u8);

impl SequenceId {
    fn raw(self) -> sys::llama_seq_id {
        self.0.into()
    }
}

/// The cache of the tokens that were computed so far, each at its position in its sequence.
#[derive(Debug)]
pub(crate) struct Context<'m> {
    pointer: NonNull<sys::llama_context>,
    /// How many scores there are for the next token.
    vocabulary: usize,
    sequences: u8,
    /// Tokens that are computed in one call at most.
    batch: u32,
    /// Whether the model changes its state in place, as recurrent ones do: it has no past to go back to.
    is_recurrent: bool,
    /// Which tokens of the last batch have scores.
    scored: Vec<bool>,
    /// Ends the computation that is under way. llama.cpp has its address.
    interruption: Box<Interruption>,
    model: PhantomData<&'m LlamaModel>,
}

/// What may end a computation: somebody's word, and how loud it must be.
#[derive(Debug)]
struct Interruption {
    said: Arc<AtomicU8>,
    /// Words below this one are not listened to.
    heeded: AtomicU8,
    pulse: Arc<AtomicU64>,
}

/// Tokens to compute in one call, at most [`Context::batch`].
#[derive(Debug, Default)]
pub(crate) struct Batch {
    tokens: Vec<sys::llama_token>,
    positions: Vec<sys::llama_pos>,
    sequences: Vec<sys::llama_seq_id>,
    is_scored: Vec<i8>,
}

impl Batch {
    /// Adds a token. With `is_scored` there are scores for what follows it afterwards, under the number that is given
    /// back.
    pub(crate) fn add(
        &mut self,
        sequence: SequenceId,
        position: usize,
        token: LlamaToken,
        is_scored: bool,
    ) -> usize {
        self.tokens.push(token.0);
        self.positions
            .push(sys::llama_pos::try_from(position).unwrap_or(sys::llama_pos::MAX));
        self.sequences.push(sequence.raw());
        self.is_scored.push(i8::from(is_scored));
        self.tokens.len() - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }
}

/// How a computation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Computed {
    /// Every token is in the context.
    Whole,
    /// It was interrupted. Some of the tokens may be in the context; a recurrent state may have been changed.
    Interrupted,
}

impl<'m> Context<'m> {
    /// Opens a context; `None` when llama.cpp refuses, its log says why. A model may have several, which are opened one after
    /// the other. `said` ends computations, see [`Self::compute`]; `pulse` counts on while something is computed.
    pub(crate) fn open(
        model: &'m LlamaModel,
        opening: &Opening,
        threads: i32,
        said: Arc<AtomicU8>,
        pulse: Arc<AtomicU64>,
    ) -> Option<Context<'m>> {
        let is_recurrent = model.is_recurrent() || model.is_hybrid();
        let interruption = Box::new(Interruption {
            said,
            heeded: AtomicU8::new(u8::MAX),
            pulse,
        });
        // SAFETY: the model is alive for `'m`; the box is dropped after the context, which alone has its address.
        let pointer = unsafe {
            let mut params = sys::llama_context_default_params();
            params.n_ctx = opening.context;
            params.n_batch = opening.batch;
            params.n_ubatch = opening.batch;
            params.n_seq_max = opening.sequences;
            params.n_outputs_max = opening.outputs;
            params.kv_unified = true;
            let cache = match opening.cache {
                CacheType::F16 => sys::GGML_TYPE_F16,
                CacheType::Q8_0 => sys::GGML_TYPE_Q8_0,
            };
            params.type_k = cache;
            params.type_v = cache;
            // Not every device has it; llama.cpp looks.
            params.flash_attn_type = match opening.has_flash_attention {
                true => sys::LLAMA_FLASH_ATTN_TYPE_AUTO,
                false => sys::LLAMA_FLASH_ATTN_TYPE_DISABLED,
            };
            params.n_threads = threads;
            params.n_threads_batch = threads;
            params.abort_callback = Some(is_interrupted);
            params.abort_callback_data = ptr::from_ref(&*interruption).cast_mut().cast();
            sys::llama_init_from_model(pointer_to(model).cast_mut(), params)
        };
        Some(Context {
            pointer: NonNull::new(pointer)?,
            vocabulary: usize::try_from(model.n_vocab()).ok()?,
            sequences: u8::try_from(opening.sequences).ok()?,
            batch: opening.batch,
            is_recurrent,
            scored: Vec::new(),
            interruption,
            model: PhantomData,
        })
    }

    /// How many tokens fit, over all sequences.
    pub(crate) fn capacity(&self) -> u32 {
        // SAFETY: the context is alive.
        unsafe { sys::llama_n_ctx(self.pointer.as_ptr()) }
    }

    pub(crate) fn sequences(&self) -> u8 {
        self.sequences
    }

    /// Tokens that are computed in one call at most.
    pub(crate) fn batch(&self) -> usize {
        self.batch as usize
    }

    /// Whether a sequence can only go on, and not back to an earlier position.
    pub(crate) fn is_recurrent(&self) -> bool {
        self.is_recurrent
    }

    pub(crate) fn set_threads(&mut self, threads: i32) {
        // SAFETY: the context is alive and computes nothing at the moment.
        unsafe { sys::llama_set_n_threads(self.pointer.as_ptr(), threads, threads) }
    }

    /// Computes a batch. On a processor it ends within a layer of the model when the word that was given to
    /// [`Self::open`] is `heeded` or a louder one; a GPU ends what it was given.
    ///
    /// # Errors
    /// llama.cpp's number for what went wrong. What is in the context is not known then: clear it.
    pub(crate) fn compute(&mut self, batch: &mut Batch, heeded: u8) -> Result<Computed, i32> {
        let length = batch.len();
        assert!(length > 0 && length <= self.batch());
        self.scored.clear();
        self.interruption.heeded.store(heeded, Ordering::Release);
        let mut one_sequence = vec![1_i32; length];
        let mut sequences: Vec<*mut sys::llama_seq_id> =
            batch.sequences.iter_mut().map(std::ptr::from_mut).collect();
        // SAFETY: each array has as many elements as the batch has tokens and outlives the call; each
        // token belongs to one sequence, of which the context has more than its number.
        let status = unsafe {
            let raw = sys::llama_batch {
                n_tokens: length as i32,
                token: batch.tokens.as_mut_ptr(),
                embd: ptr::null_mut(),
                pos: batch.positions.as_mut_ptr(),
                n_seq_id: one_sequence.as_mut_ptr(),
                seq_id: sequences.as_mut_ptr(),
                logits: batch.is_scored.as_mut_ptr(),
            };
            let status = sys::llama_decode(self.pointer.as_ptr(), raw);
            // A GPU works on after the call.
            sys::llama_synchronize(self.pointer.as_ptr());
            status
        };
        self.interruption.heeded.store(u8::MAX, Ordering::Release);
        match status {
            0 => {
                self.scored
                    .extend(batch.is_scored.iter().map(|&is| is != 0));
                Ok(Computed::Whole)
            }
            ABORTED => Ok(Computed::Interrupted),
            status => Err(status),
        }
    }

    /// How likely each token of the vocabulary comes next after the token of the last batch with this number,
    /// unnormalised; `None` when that token was to have no scores.
    pub(crate) fn scores(&self, number: usize) -> Option<&[f32]> {
        if !self.scored.get(number).copied().unwrap_or(false) {
            return None;
        }
        // SAFETY: the token has scores, one for each token of the vocabulary, which stay until the next
        // computation, for which the context must be borrowed mutably.
        unsafe {
            let scores = sys::llama_get_logits_ith(self.pointer.as_ptr(), number as i32);
            (!scores.is_null()).then(|| std::slice::from_raw_parts(scores, self.vocabulary))
        }
    }

    /// Removes a sequence's tokens from `position` on. False when this model's memory cannot: a recurrent
    /// state has no past, and a sliding window may have dropped what the positions before need.
    pub(crate) fn forget_from(&mut self, sequence: SequenceId, position: usize) -> bool {
        let Ok(position) = sys::llama_pos::try_from(position) else {
            return false;
        };
        // SAFETY: the memory belongs to the context, which is alive; minus one means to the end.
        unsafe {
            let memory = sys::llama_get_memory(self.pointer.as_ptr());
            let sequence = sequence.raw();
            sys::llama_memory_seq_rm(memory, sequence, position, -1)
                && sys::llama_memory_seq_pos_max(memory, sequence) == position - 1
                && (position == 0
                    || self.is_recurrent
                    || sys::llama_memory_seq_pos_min(memory, sequence) == 0)
        }
    }

    /// Removes a whole sequence.
    pub(crate) fn forget(&mut self, sequence: SequenceId) {
        // SAFETY: the memory belongs to the context, which is alive; minus one means all positions.
        unsafe {
            let memory = sys::llama_get_memory(self.pointer.as_ptr());
            sys::llama_memory_seq_rm(memory, sequence.raw(), -1, -1);
        }
    }

    /// Gives `to`, which is empty, the first `length` tokens of `from`, without a copy of them. A recurrent state is given
    /// whole or not at all.
    pub(crate) fn share(&mut self, from: SequenceId, to: SequenceId, length: usize) {
        let end = match self.is_recurrent {
            true => -1,
            false => sys::llama_pos::try_from(length).unwrap_or(-1),
        };
        // SAFETY: the memory belongs to the context, which is alive, and has both sequences.
        unsafe {
            let memory = sys::llama_get_memory(self.pointer.as_ptr());
            sys::llama_memory_seq_cp(memory, from.raw(), to.raw(), 0, end);
        }
    }

    /// Appends the state of a sequence to `bytes`, as [`Self::set_state`] of an equal context understands it. False where
    /// llama.cpp or the memory of the machine has none to give.
    pub(crate) fn append_state(&mut self, sequence: SequenceId, bytes: &mut Vec<u8>) -> bool {
        // SAFETY: the context is alive and has the sequence; as many bytes are written as there is room for.
        unsafe {
            let context = self.pointer.as_ptr();
            let size = sys::llama_state_seq_get_size_ext(context, sequence.raw(), 0);
            if bytes.try_reserve_exact(size).is_err() {
                return false;
            }
            let end = bytes.spare_capacity_mut().as_mut_ptr().cast();
            let written = sys::llama_state_seq_get_data_ext(context, end, size, sequence.raw(), 0);
            if written == 0 || written > size {
                return false;
            }
            bytes.set_len(bytes.len() + written);
            true
        }
    }

    /// Brings back the state of a sequence, which is empty. False when llama.cpp does not take the bytes, or they are of another
    /// number of tokens; the sequence is empty then.
    ///
    /// The bytes must be those of [`Self::append_state`]: llama.cpp trusts what they say about lengths.
    pub(crate) fn set_state(&mut self, sequence: SequenceId, bytes: &[u8], tokens: usize) -> bool {
        // SAFETY: the context is alive and has the sequence; as many bytes are read as there are.
        let (read, last) = unsafe {
            let read = sys::llama_state_seq_set_data_ext(
                self.pointer.as_ptr(),
                bytes.as_ptr(),
                bytes.len(),
                sequence.raw(),
                0,
            );
            let memory = sys::llama_get_memory(self.pointer.as_ptr());
            (read, sys::llama_memory_seq_pos_max(memory, sequence.raw()))
        };
        let has_all = usize::try_from(last).is_ok_and(|last| last + 1 == tokens);
        if read != bytes.len() || !has_all {
            self.forget(sequence);
            return false;
        }
        true
    }

    /// Removes everything and overwrites it.
    pub(crate) fn clear(&mut self) {
        self.scored.clear();
        // SAFETY: the memory belongs to the context, which is alive.
        unsafe { sys::llama_memory_clear(sys::llama_get_memory(self.pointer.as_ptr()), true) }
    }
}

/// What `llama_decode` gives when its abort callback ended it.
const ABORTED: i32 = 2;

/// Asked by llama.cpp between any two steps of a computation.
///
/// # Safety
/// `data` is the address of the `interruption` of a context that is alive.
unsafe extern "C" fn is_interrupted(data: *mut c_void) -> bool {
    // SAFETY: as above.
    let interruption = unsafe { &*data.cast::<Interruption>() };
    interruption.pulse.fetch_add(1, Ordering::Relaxed);
    interruption.said.load(Ordering::Relaxed) >= interruption.heeded.load(Ordering::Acquire)
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the pointer, and the model outlives the context.
        unsafe { sys::llama_free(self.pointer.as_ptr()) }
    }
}

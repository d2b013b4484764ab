//! A llama.cpp context with one conversation in it.
//!
//! The bindings' own context cannot change its number of threads, lets a batch be written past its end
//! and aborts the process when no token can be chosen; so this one is built on the C functions.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;

use crate::memory::BATCH;
use crate::model::pointer_to;

/// The state of the tokens that were computed so far, at positions from zero on.
#[derive(Debug)]
pub(crate) struct Context<'m> {
    pointer: NonNull<sys::llama_context>,
    /// How many scores there are for the next token.
    vocabulary: usize,
    /// Whether the last computation left scores.
    has_scores: bool,
    /// What stops the computation that is under way; null between two. llama.cpp has its address.
    stop: Box<AtomicPtr<AtomicBool>>,
    model: PhantomData<&'m LlamaModel>,
}

/// How a computation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Computed {
    /// Every token is in the context.
    Whole,
    /// It was stopped. None of the tokens is in the context; a recurrent state may have been changed all the same.
    Stopped,
}

/// The only sequence of the context.
const SEQUENCE: sys::llama_seq_id = 0;

impl<'m> Context<'m> {
    /// Opens a context of at least `length` tokens; `None` when llama.cpp refuses, its log says why.
    /// One context of a model may be opened at a time.
    pub(crate) fn open(model: &'m LlamaModel, length: u32, threads: i32) -> Option<Context<'m>> {
        let stop = Box::new(AtomicPtr::new(ptr::null_mut()));
        // SAFETY: the model is alive for `'m`; the box is dropped after the context, which alone has its address.
        let pointer = unsafe {
            let mut params = sys::llama_context_default_params();
            params.n_ctx = length;
            params.n_batch = BATCH;
            params.n_ubatch = BATCH;
            params.n_seq_max = 1;
            params.n_threads = threads;
            params.n_threads_batch = threads;
            params.abort_callback = Some(is_stopped);
            params.abort_callback_data = ptr::from_ref(&*stop).cast_mut().cast();
            sys::llama_init_from_model(pointer_to(model).cast_mut(), params)
        };
        Some(Context {
            pointer: NonNull::new(pointer)?,
            vocabulary: usize::try_from(model.n_vocab()).ok()?,
            has_scores: false,
            stop,
            model: PhantomData,
        })
    }

    /// How many tokens fit.
    pub(crate) fn capacity(&self) -> u32 {
        // SAFETY: the context is alive.
        unsafe { sys::llama_n_ctx(self.pointer.as_ptr()) }
    }

    pub(crate) fn set_threads(&mut self, threads: i32) {
        // SAFETY: the context is alive and computes nothing at the moment.
        unsafe { sys::llama_set_n_threads(self.pointer.as_ptr(), threads, threads) }
    }

    /// Computes `tokens` after those that are there, at most [`BATCH`]. With `has_outcome` there are
    /// scores for the next token afterwards. On a processor `stop` ends it within a layer of the model; a GPU ends what
    /// it was given.
    ///
    /// # Errors
    /// llama.cpp's number for what went wrong. What is in the context is not known then: clear it.
    pub(crate) fn compute(
        &mut self,
        tokens: &[LlamaToken],
        has_outcome: bool,
        stop: &AtomicBool,
    ) -> Result<Computed, i32> {
        assert!(!tokens.is_empty() && tokens.len() <= BATCH as usize);
        let mut ids: Vec<sys::llama_token> = tokens.iter().map(|token| token.0).collect();
        let mut is_scored = vec![0_i8; ids.len()];
        if let Some(last) = is_scored.last_mut() {
            *last = i8::from(has_outcome);
        }
        self.has_scores = false;
        self.stop
            .store(ptr::from_ref(stop).cast_mut(), Ordering::Release);
        // SAFETY: both arrays have as many elements as the batch has tokens and outlive the call. Null
        // for the rest means: sequence zero, at the positions that follow.
        let status = unsafe {
            let mut batch = sys::llama_batch_get_one(ids.as_mut_ptr(), ids.len() as i32);
            batch.logits = is_scored.as_mut_ptr();
            let status = sys::llama_decode(self.pointer.as_ptr(), batch);
            // A GPU works on after the call.
            sys::llama_synchronize(self.pointer.as_ptr());
            status
        };
        self.stop.store(ptr::null_mut(), Ordering::Release);
        match status {
            0 => {
                self.has_scores = has_outcome;
                Ok(Computed::Whole)
            }
            ABORTED => Ok(Computed::Stopped),
            status => Err(status),
        }
    }

    /// How likely each token of the vocabulary comes next, unnormalised; `None` when the last
    /// computation was told to leave no outcome.
    pub(crate) fn scores(&self) -> Option<&[f32]> {
        if !self.has_scores {
            return None;
        }
        // SAFETY: the last token has scores, one for each token of the vocabulary, which stay until the
        // next computation, for which the context must be borrowed mutably.
        unsafe {
            let scores = sys::llama_get_logits_ith(self.pointer.as_ptr(), LAST);
            (!scores.is_null()).then(|| std::slice::from_raw_parts(scores, self.vocabulary))
        }
    }

    /// Removes the tokens from `position` on. False when this model's memory cannot: a recurrent state
    /// has no past, and a sliding window may have dropped what the positions before need.
    pub(crate) fn forget_from(&mut self, position: usize, is_recurrent: bool) -> bool {
        let Ok(position) = sys::llama_pos::try_from(position) else {
            return false;
        };
        self.has_scores = false;
        // SAFETY: the memory belongs to the context, which is alive; minus one means to the end.
        unsafe {
            let memory = sys::llama_get_memory(self.pointer.as_ptr());
            sys::llama_memory_seq_rm(memory, SEQUENCE, position, -1)
                && sys::llama_memory_seq_pos_max(memory, SEQUENCE) == position - 1
                && (is_recurrent || sys::llama_memory_seq_pos_min(memory, SEQUENCE) == 0)
        }
    }

    /// Removes everything and overwrites it.
    pub(crate) fn clear(&mut self) {
        self.has_scores = false;
        // SAFETY: the memory belongs to the context, which is alive.
        unsafe { sys::llama_memory_clear(sys::llama_get_memory(self.pointer.as_ptr()), true) }
    }
}

/// llama.cpp's name for the last token that has scores.
const LAST: i32 = -1;

/// What `llama_decode` gives when its abort callback ended it.
const ABORTED: i32 = 2;

/// Asked by llama.cpp between any two steps of a computation.
///
/// # Safety
/// `data` is the address of the `stop` of a context that is alive.
unsafe extern "C" fn is_stopped(data: *mut c_void) -> bool {
    // SAFETY: as above; what it points to is borrowed until the computation ends, and then it is null.
    unsafe {
        let stop = (*data.cast::<AtomicPtr<AtomicBool>>()).load(Ordering::Acquire);
        stop.as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the pointer, and the model outlives the context.
        unsafe { sys::llama_free(self.pointer.as_ptr()) }
    }
}

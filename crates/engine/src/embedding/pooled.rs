//! A llama.cpp context that makes one row of numbers of each text.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use aparte_protocol::engine::LoadFailure;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;

use super::Pulse;
use crate::log;
use crate::memory::Opening;
use crate::model::pointer_to;
use crate::preflight::Pooling;

/// The context. Nothing of one computation is left for the next.
#[derive(Debug)]
pub(super) struct Pooled<'m> {
    pointer: NonNull<sys::llama_context>,
    /// Tokens that one computation can have.
    capacity: usize,
    /// Texts that one computation can have.
    sequences: usize,
    /// Numbers of a row.
    width: usize,
    /// Looked at between any two steps of a computation. llama.cpp has its address.
    watch: Box<Watch>,
    model: PhantomData<&'m LlamaModel>,
}

/// What a computation and other threads say to each other.
#[derive(Debug, Default)]
struct Watch {
    /// What stops the computation that is under way; null between two.
    stop: AtomicPtr<AtomicBool>,
    pulse: Pulse,
}

/// How a computation ended.
#[must_use]
pub(super) enum Computed {
    /// With a row for each text, in their order.
    Whole(Vec<Vec<f32>>),
    /// It was stopped.
    Stopped,
}

/// How many scores a model gives each text.
pub(super) fn scores_of(model: &LlamaModel) -> usize {
    // SAFETY: the model is alive.
    unsafe { sys::llama_model_n_cls_out(pointer_to(model)) as usize }
}

/// How many numbers a vector of a model has.
pub(super) fn width_of(model: &LlamaModel) -> usize {
    // SAFETY: the model is alive.
    unsafe { sys::llama_model_n_embd_out(pointer_to(model)) as usize }
}

/// Whether the model splits words as BERT does. The bindings' own function panics where it is so.
pub(super) fn has_vocabulary_of_bert(model: &LlamaModel) -> bool {
    // SAFETY: the model is alive, and its vocabulary with it.
    unsafe {
        let vocabulary = sys::llama_model_get_vocab(pointer_to(model));
        sys::llama_vocab_type(vocabulary) == sys::LLAMA_VOCAB_TYPE_WPM
    }
}

impl<'m> Pooled<'m> {
    /// Opens a context of `model`, whose computations are told by `pulse`. One context of a model may be opened at a time.
    pub(super) fn open(
        model: &'m LlamaModel,
        pooling: Pooling,
        opening: &Opening,
        pulse: Pulse,
    ) -> Result<Pooled<'m>, LoadFailure> {
        let watch = Box::new(Watch {
            pulse,
            ..Watch::default()
        });
        log::take_errors();
        // SAFETY: the model is alive for `'m`; the box is dropped after the context, which alone has its address.
        let pointer = unsafe {
            let mut params = sys::llama_context_default_params();
            params.n_ctx = opening.context;
            // A text that is read as a whole must be in one piece.
            params.n_batch = opening.context;
            params.n_ubatch = opening.context;
            params.n_seq_max = opening.sequences;
            params.kv_unified = true;
            params.swa_full = opening.keeps_everything;
            params.embeddings = true;
            params.pooling_type = match pooling {
                Pooling::Mean => sys::LLAMA_POOLING_TYPE_MEAN,
                Pooling::First => sys::LLAMA_POOLING_TYPE_CLS,
                Pooling::Last => sys::LLAMA_POOLING_TYPE_LAST,
                Pooling::Rank => sys::LLAMA_POOLING_TYPE_RANK,
                Pooling::Unsaid => sys::LLAMA_POOLING_TYPE_UNSPECIFIED,
            };
            params.abort_callback = Some(is_stopped);
            params.abort_callback_data = ptr::from_ref(&*watch).cast_mut().cast();
            sys::llama_init_from_model(pointer_to(model).cast_mut(), params)
        };
        let pointer = NonNull::new(pointer).ok_or_else(|| {
            let reasons = log::take_errors().join("; ");
            LoadFailure::Damaged(format!("no context can be opened for it: {reasons}"))
        })?;
        let width = match pooling {
            Pooling::Rank => scores_of(model),
            _ => width_of(model),
        };
        Ok(Pooled {
            pointer,
            capacity: opening.context as usize,
            sequences: opening.sequences as usize,
            width,
            watch,
            model: PhantomData,
        })
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn pulse(&self) -> Pulse {
        self.watch.pulse.clone()
    }

    pub(super) fn set_threads(&mut self, threads: i32) {
        // SAFETY: the context is alive and computes nothing at the moment.
        unsafe { sys::llama_set_n_threads(self.pointer.as_ptr(), threads, threads) }
    }

    /// Computes `texts`, none of which is empty and which fit together.
    ///
    /// # Errors
    /// What went wrong, for the log.
    pub(super) fn compute(
        &mut self,
        texts: &[Vec<LlamaToken>],
        stop: &AtomicBool,
    ) -> Result<Computed, String> {
        let mut batch = Batch::of(texts);
        assert!(batch.ids.len() <= self.capacity && texts.len() <= self.sequences);
        self.watch.pulse.beat();
        self.watch
            .stop
            .store(ptr::from_ref(stop).cast_mut(), Ordering::Release);
        // SAFETY: the context is alive; each array has as many elements as the batch has tokens, and outlives the call. A model
        // that keeps nothing has no memory, which is null.
        let status = unsafe {
            let memory = sys::llama_get_memory(self.pointer.as_ptr());
            if !memory.is_null() {
                sys::llama_memory_clear(memory, false);
            }
            let status = sys::llama_decode(self.pointer.as_ptr(), batch.borrow());
            // A GPU works on after the call.
            sys::llama_synchronize(self.pointer.as_ptr());
            status
        };
        self.watch.stop.store(ptr::null_mut(), Ordering::Release);
        match status {
            0 => (0..texts.len())
                .map(|text| self.row(text))
                .collect::<Option<_>>()
                .map(Computed::Whole)
                .ok_or_else(|| "a text has no outcome".to_owned()),
            ABORTED => Ok(Computed::Stopped),
            status => Err(format!("llama_decode: {status}")),
        }
    }

    /// The row of a text of the last computation.
    fn row(&self, text: usize) -> Option<Vec<f32>> {
        let text = sys::llama_seq_id::try_from(text).ok()?;
        // SAFETY: the context is alive. A row has as many numbers as the pooling makes, and stays until the next computation.
        unsafe {
            let row = sys::llama_get_embeddings_seq(self.pointer.as_ptr(), text);
            (!row.is_null()).then(|| std::slice::from_raw_parts(row, self.width).to_vec())
        }
    }
}

impl Drop for Pooled<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the pointer, and the model outlives the context.
        unsafe { sys::llama_free(self.pointer.as_ptr()) }
    }
}

/// Texts side by side, each a sequence of its own that begins at position zero.
struct Batch {
    ids: Vec<sys::llama_token>,
    positions: Vec<sys::llama_pos>,
    /// Of which text a token is.
    texts: Vec<sys::llama_seq_id>,
    /// The addresses of those, one for each token.
    text_lists: Vec<*mut sys::llama_seq_id>,
    text_counts: Vec<i32>,
    has_outcome: Vec<i8>,
}

impl Batch {
    fn of(texts: &[Vec<LlamaToken>]) -> Batch {
        let ids: Vec<_> = texts.iter().flatten().map(|token| token.0).collect();
        let numbers = |text: &Vec<LlamaToken>| 0..text.len() as sys::llama_pos;
        let mut batch = Batch {
            positions: texts.iter().flat_map(numbers).collect(),
            texts: (0..)
                .zip(texts)
                .flat_map(|(number, text)| text.iter().map(move |_| number))
                .collect(),
            text_lists: Vec::new(),
            text_counts: vec![1; ids.len()],
            has_outcome: vec![1; ids.len()],
            ids,
        };
        batch.text_lists = batch.texts.iter_mut().map(ptr::from_mut).collect();
        batch
    }

    /// The batch as C knows it, for as long as this one lives and is not changed.
    fn borrow(&mut self) -> sys::llama_batch {
        sys::llama_batch {
            n_tokens: self.ids.len() as i32,
            token: self.ids.as_mut_ptr(),
            embd: ptr::null_mut(),
            pos: self.positions.as_mut_ptr(),
            n_seq_id: self.text_counts.as_mut_ptr(),
            seq_id: self.text_lists.as_mut_ptr(),
            logits: self.has_outcome.as_mut_ptr(),
        }
    }
}

/// What `llama_decode` gives when its abort callback ended it.
const ABORTED: i32 = 2;

/// Asked by llama.cpp between any two steps of a computation.
///
/// # Safety
/// `data` is the address of the `watch` of a context that is alive.
unsafe extern "C" fn is_stopped(data: *mut c_void) -> bool {
    // SAFETY: as above; what it points to is borrowed until the computation ends, and then it is null.
    unsafe {
        let watch = &*data.cast::<Watch>();
        watch.pulse.beat();
        let stop = watch.stop.load(Ordering::Acquire);
        stop.as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

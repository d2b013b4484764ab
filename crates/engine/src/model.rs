//! A model, loaded from a file that is open already.

use std::ffi::c_void;
use std::fs::File;
use std::ptr;
use std::sync::OnceLock;
use std::time::Instant;

use aparte_protocol::calibration::{Known, Tuning};
use aparte_protocol::engine::{LoadFailure, Template};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;

use crate::backends::Backends;
use crate::context::Context;
use crate::devices::Device;
use crate::embedding::has_room;
use crate::fingerprint::{Content, content};
use crate::log;
use crate::memory::{self, Opening};
use crate::plan::{DoesNotFit, Plan, plan, trust_less};
use crate::preflight::{Header, Pooling, preflight};
use crate::prompt::Tokenizer;
use crate::template::{ChatTemplate, SpecialTokens, known};
use crate::vocabulary::Vocabulary;

/// The longest context that is opened, in tokens.
const LONGEST_CONTEXT: u32 = 8192;
/// For a model that does not say what it was trained on.
const UNKNOWN_CONTEXT: u32 = 4096;

/// The longest text that is read as a whole, in tokens: what that takes grows with the square.
const LONGEST_TEXT: u32 = 2048;

/// A model whose weights are in memory, or mapped.
#[derive(Debug)]
pub struct Model {
    // Dropped in this order: the model before the libraries that hold its memory.
    pub(crate) llama: LlamaModel,
    pub(crate) backends: Backends,
    pub(crate) header: Header,
    /// The template, or what is wrong with it: such a model still counts tokens.
    pub(crate) template: Result<ChatTemplate, String>,
    pub(crate) special: SpecialTokens,
    /// Tokens of context that it will be opened with.
    pub(crate) context: u32,
    pub(crate) plan: Plan,
    pub(crate) started: Instant,
    pub(crate) content: Content,
    /// What contexts are opened with, the plan's included.
    pub(crate) tuning: Tuning,
    /// Whether an earlier trial chose that.
    pub(crate) calibrated: bool,
    /// What its tokens say; written down when first asked for.
    vocabulary: OnceLock<Vocabulary>,
}

impl Model {
    /// Checks the header of `file` and plans where the model fits, then loads it there. Nothing else
    /// is opened. `on_progress` gets the percentage that is loaded, each at most once.
    ///
    /// # Errors
    /// Every [`LoadFailure`] but [`LoadFailure::NoComputeLibrary`].
    pub fn load(
        backends: Backends,
        file: File,
        on_progress: &mut dyn FnMut(u8),
    ) -> Result<Model, LoadFailure> {
        Model::load_for(Purpose::Write, backends, file, on_progress)
    }

    /// Loads it in the same way, to be computed with what is `known` to be the fastest, where that was found on this machine and
    /// there is memory for it.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn load_as_known(
        known: Option<&Known>,
        backends: Backends,
        file: File,
        on_progress: &mut dyn FnMut(u8),
    ) -> Result<Model, LoadFailure> {
        let machine = backends.machine();
        let known = known.filter(|known| known.machine == machine);
        let known = known.map(|known| known.tuning);
        let known = known.filter(|&tuning| backends.can(tuning));
        let tuning = known.unwrap_or(backends.usual_tuning());
        let mut model = Model::load_tuned(Purpose::Write, tuning, backends, file, on_progress)?;
        model.calibrated = known == Some(model.tuning);
        Ok(model)
    }

    /// Loads a model that was made for `purpose`.
    pub(crate) fn load_for(
        purpose: Purpose,
        backends: Backends,
        file: File,
        on_progress: &mut dyn FnMut(u8),
    ) -> Result<Model, LoadFailure> {
        let tuning = backends.usual_tuning();
        Model::load_tuned(purpose, tuning, backends, file, on_progress)
    }

    /// Loads a model to be computed with `tuning`, if that costs neither context nor room on a GPU.
    fn load_tuned(
        purpose: Purpose,
        tuning: Tuning,
        backends: Backends,
        mut file: File,
        on_progress: &mut dyn FnMut(u8),
    ) -> Result<Model, LoadFailure> {
        let started = Instant::now();
        let unreadable = |error: std::io::Error| LoadFailure::Unreadable(error.to_string());
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(LoadFailure::Unreadable("it is no regular file".to_owned()));
        }
        let mut header = preflight(&mut file, about.len())?;
        // Made for something else, or without words to read, it makes llama.cpp abort later or gives nonsense.
        match purpose.pooling(&header) {
            Some(pooling) if header.token_count > 0 => header.pooling = pooling,
            _ => return Err(LoadFailure::Unsupported(header.architecture)),
        }
        let content = content(&mut file, about.len()).map_err(unreadable)?;
        let stream = Stream::over(file).map_err(unreadable)?;
        let usual = backends.usual_tuning();
        let opening = |tuning| purpose.opening(&header, tuning);
        let steps = |tuning| {
            let free = backends.available_memory;
            let plan = plan(&header, &backends.devices, free, &opening(tuning));
            plan.map(|plan| plan.steps)
        };
        let tuning = match tuning == usual || steps(tuning) == steps(usual) {
            true => tuning,
            false => usual,
        };
        let (llama, plan) = load_as_planned(
            &stream,
            &backends,
            &header,
            purpose,
            &opening(tuning),
            on_progress,
        )?;
        if encodes(&llama) {
            return Err(LoadFailure::Unsupported(header.architecture));
        }
        Ok(Model {
            special: SpecialTokens {
                bos: name_of(&llama, llama.vocab().bos()),
                eos: name_of(&llama, llama.vocab().eos()),
            },
            template: ChatTemplate::new(header.chat_template.as_deref()),
            llama,
            backends,
            header,
            context: plan.opening.context,
            plan,
            started,
            content,
            tuning,
            calibrated: false,
            vocabulary: OnceLock::new(),
        })
    }

    /// The chat template in the model's file; `None` where it has none.
    pub(crate) fn template_facts(&self) -> Option<Box<Template>> {
        let source = self.header.chat_template.as_deref()?;
        let trouble = self.template.as_ref().err();
        let facts = known::facts(source, trouble.map(String::as_str));
        Some(Box::new(facts))
    }

    /// Where the model went, and how long a context it has room for.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether there is memory for a context that is opened with `tuning`.
    pub(crate) fn can_be_opened(&self, tuning: Tuning) -> bool {
        let Backends {
            devices,
            available_memory,
            ..
        } = &self.backends;
        let opening = self.plan.opening.tuned(tuning);
        self.plan
            .can_open(&opening, &self.header, devices, *available_memory)
    }

    /// Whether there is memory for another context beside the one that was planned.
    pub(crate) fn has_room_beside(&self, other: &Opening) -> bool {
        let Backends {
            devices,
            available_memory,
            ..
        } = &self.backends;
        self.plan
            .has_room_beside(other, &self.header, devices, *available_memory)
    }

    /// What each token says. The first call writes it down, which takes a while.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary
            .get_or_init(|| Vocabulary::of(&self.llama.vocab()))
    }

    pub(crate) fn tokenizer(&self) -> Tokenizer<'_> {
        Tokenizer {
            vocab: self.llama.vocab(),
            space_prefix: self.header.space_prefix,
        }
    }
}

/// What a model is loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To write replies.
    Write,
    /// To make vectors of texts.
    Embed,
    /// To say how well texts answer a question.
    Rerank,
}

impl Purpose {
    /// How texts become rows in a model that was made for this; `None` for one that was not.
    fn pooling(self, header: &Header) -> Option<Pooling> {
        match (self, header.pooling) {
            // One that was trained to make rows has forgotten how to write.
            (Purpose::Write, Pooling::Unsaid) if header.causal => Some(Pooling::Unsaid),
            (Purpose::Write, _) => None,
            (Purpose::Embed, pooling @ (Pooling::Mean | Pooling::First | Pooling::Last)) => {
                Some(pooling)
            }
            // A model that writes makes poor vectors, unless it was trained to make them and says so.
            (Purpose::Embed, Pooling::Unsaid) if !header.causal => Some(Pooling::Mean),
            (Purpose::Embed, _) => None,
            (Purpose::Rerank, _) => header.has_scorer.then_some(Pooling::Rank),
        }
    }

    /// How a context is opened for this, if there is room.
    fn opening(self, header: &Header, tuning: Tuning) -> Opening {
        let trained = |longest: u32, unknown: u32| match header.context_length {
            0 => unknown,
            trained => trained.min(longest),
        };
        match self {
            Purpose::Write => {
                let context = trained(LONGEST_CONTEXT, UNKNOWN_CONTEXT);
                Opening::conversation(context, header.is_recurrent()).tuned(tuning)
            }
            Purpose::Embed | Purpose::Rerank => {
                Opening::reading(trained(LONGEST_TEXT, LONGEST_TEXT).max(memory::BATCH))
            }
        }
    }
}

/// Whether the model reads its prompt with an encoder, as T5 does.
fn encodes(model: &LlamaModel) -> bool {
    // SAFETY: the model is alive.
    unsafe { sys::llama_model_has_encoder(pointer_to(model)) }
}

/// The text of a special token, empty when the model has none.
fn name_of(model: &LlamaModel, token: LlamaToken) -> String {
    if token.0 < 0 {
        return String::new();
    }
    let name = model.vocab().token_to_piece(token, true, None);
    String::from_utf8_lossy(&name).into_owned()
}

/// What llama.cpp said when it refused a file whose header is sound.
fn failure_to_load(header: &Header) -> LoadFailure {
    let errors = log::take_errors().join("; ");
    if errors.contains("unknown model architecture")
        || errors.contains("unknown pre-tokenizer")
        || errors.contains("unknown tokenizer")
    {
        LoadFailure::Unsupported(header.architecture.clone())
    } else if errors.is_empty() {
        LoadFailure::Damaged("llama.cpp gave no reason".to_owned())
    } else {
        LoadFailure::Damaged(errors)
    }
}

/// Loads the weights as planned, and makes another plan as long as a GPU has less room than it said.
fn load_as_planned(
    stream: &Stream,
    backends: &Backends,
    header: &Header,
    purpose: Purpose,
    wanted: &Opening,
    on_progress: &mut dyn FnMut(u8),
) -> Result<(LlamaModel, Plan), LoadFailure> {
    let mut devices = backends.devices.clone();
    let mut progress = Progress {
        report: on_progress,
        last: None,
    };
    loop {
        let plan = plan(header, &devices, backends.available_memory, wanted).map_err(
            |DoesNotFit { needed, available }| LoadFailure::TooBigForMemory { needed, available },
        )?;
        let loaded = load_weights(stream, &devices, &plan, &mut progress);
        if plan.shares.is_empty() {
            let llama = loaded.ok_or_else(|| failure_to_load(header))?;
            return Ok((llama, plan));
        }
        // Keys, values and working memory are allocated when a context is opened.
        let opens = |llama: &LlamaModel| match purpose {
            Purpose::Write => {
                let (said, pulse) = Default::default();
                Context::open(llama, &plan.opening, 1, said, pulse).is_some()
            }
            Purpose::Embed | Purpose::Rerank => has_room(llama, header.pooling, &plan.opening),
        };
        if let Some(llama) = loaded.filter(opens) {
            return Ok((llama, plan));
        }
        trust_less(&mut devices, &plan);
    }
}

/// Loads the weights through a C stream over an open file, because a path would have to be opened again. `None` when
/// llama.cpp refuses the file or has no room for it; its log says why.
fn load_weights(
    stream: &Stream,
    devices: &[Device],
    plan: &Plan,
    progress: &mut Progress<'_>,
) -> Option<LlamaModel> {
    // SAFETY: ggml's list of devices has not become shorter since its places were noted.
    let mut chosen: Vec<sys::ggml_backend_dev_t> = plan
        .shares
        .iter()
        .map(|share| unsafe { sys::ggml_backend_dev_get(devices[share.device].index) })
        .collect();
    // What ends the list; alone it means that there is no GPU.
    chosen.push(std::ptr::null_mut());
    // SAFETY: asks for a constant.
    let mut shares = vec![0.0_f32; unsafe { sys::llama_max_devices() }.max(plan.shares.len())];
    for (share, planned) in shares.iter_mut().zip(&plan.shares) {
        *share = planned.layers as f32;
    }
    log::take_errors();
    // SAFETY: the stream is open, the lists are as long as llama.cpp wants them, the callback's data is a `Progress` that
    // outlives the call, and no pointer in the parameters is kept: llama.cpp reads or maps everything before it returns.
    let pointer = unsafe {
        libc::rewind(stream.0);
        let mut params = sys::llama_model_default_params();
        params.devices = chosen.as_mut_ptr();
        params.n_gpu_layers = i32::try_from(plan.layers_on_gpus()).unwrap_or(i32::MAX);
        params.tensor_split = shares.as_ptr();
        params.progress_callback = Some(Progress::receive);
        params.progress_callback_user_data = ptr::from_mut(progress).cast::<c_void>();
        sys::llama_model_load_from_file_ptr(stream.0.cast(), params)
    };
    wrap(pointer)
}

/// A C stream; closed when dropped, because llama.cpp does not own the one it reads.
struct Stream(*mut libc::FILE);

impl Stream {
    #[cfg(unix)]
    fn over(file: File) -> std::io::Result<Stream> {
        use std::os::fd::{AsRawFd, IntoRawFd};
        // SAFETY: the descriptor is open and the mode is a C string.
        let stream = unsafe { libc::fdopen(file.as_raw_fd(), c"rb".as_ptr()) };
        if stream.is_null() {
            return Err(std::io::Error::last_os_error());
        }
        // The stream owns the descriptor from here on.
        let _descriptor = file.into_raw_fd();
        Ok(Stream(stream))
    }

    #[cfg(windows)]
    fn over(file: File) -> std::io::Result<Stream> {
        use std::os::windows::io::IntoRawHandle;
        // SAFETY: the handle is open and owned by nobody else; each step takes it over from the last.
        let stream = unsafe {
            let descriptor = libc::open_osfhandle(file.into_raw_handle() as isize, 0);
            libc::fdopen(descriptor, c"rb".as_ptr())
        };
        if stream.is_null() {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Stream(stream))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the stream is open and nobody else has it.
        unsafe { libc::fclose(self.0) };
    }
}

struct Progress<'a> {
    report: &'a mut dyn FnMut(u8),
    last: Option<u8>,
}

impl Progress<'_> {
    unsafe extern "C" fn receive(progress: f32, user_data: *mut c_void) -> bool {
        // SAFETY: `load_weights` passes a `Progress` that nobody else uses during the call.
        let this = unsafe { &mut *user_data.cast::<Progress<'_>>() };
        let percent = (progress.clamp(0.0, 1.0) * 100.0) as u8;
        // A second attempt begins anew.
        if this.last.is_some_and(|last| percent <= last) {
            return true;
        }
        this.last = Some(percent);
        // A panic must not cross C; the load is given up instead.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (this.report)(percent))).is_ok()
    }
}

/// Takes over a model that llama.cpp made; `None` for null.
fn wrap(model: *mut sys::llama_model) -> Option<LlamaModel> {
    const {
        assert!(size_of::<LlamaModel>() == size_of::<*mut sys::llama_model>());
        assert!(align_of::<LlamaModel>() == align_of::<*mut sys::llama_model>());
    }
    if model.is_null() {
        return None;
    }
    // SAFETY: `LlamaModel` is a transparent struct around a transparent struct around a `NonNull` of this
    // very type in the version that the manifest pins, has no constructor that takes a pointer, and
    // frees the model when it is dropped.
    Some(unsafe { std::mem::transmute::<*mut sys::llama_model, LlamaModel>(model) })
}

/// The model as C knows it, for as long as the borrow lasts.
pub(crate) fn pointer_to(model: &LlamaModel) -> *const sys::llama_model {
    // SAFETY: `LlamaModel` is nothing but that pointer, see `wrap`.
    unsafe { std::mem::transmute_copy::<LlamaModel, *const sys::llama_model>(model) }
}

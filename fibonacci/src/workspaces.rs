//! The buffers of finished computations, kept for the next ones. New ones would cost up to half as
//! much time as the transforms in them, because the system clears their memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::convolution::Transformer;

/// The buffers for one term F(k) and the next, F(k+1).
#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) term: Transformer,
    pub(crate) next: Transformer,
}

/// The workspaces that no computation uses: at most as many as there have been computations at once.
static IDLE: Mutex<Vec<Workspace>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Workspace>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the workspace that was used last, or a new one.
pub(crate) fn take() -> Workspace {
    idle().pop().unwrap_or_default()
}

/// Keeps a workspace for the next computation.
pub(crate) fn put_back(workspace: Workspace) {
    idle().push(workspace);
}

/// Frees all workspaces that no computation uses.
pub(crate) fn clear() {
    idle().clear();
}

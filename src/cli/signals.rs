//! Ctrl-C: the first ends the asking and lets calls in flight finish, the second means now.

use std::time::Duration;

use crate::journal::Stopped;
use crate::run::Stop;

/// How long calls in flight may take to finish after the first Ctrl-C.
const GRACE: Duration = Duration::from_secs(10);

/// Watches for Ctrl-C and for the signal that ends a process, for as long as the runtime lives.
pub(super) fn watch(stop: &Stop) {
    let stop = stop.clone();
    tokio::spawn(async move {
        interrupted().await;
        stop.stop(Stopped::Interrupted);
        tokio::select! {
            () = interrupted() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
        stop.abandon();
    });
}

/// Waits for Ctrl-C, or for the signal that ends a process.
#[cfg(unix)]
pub(super) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}
